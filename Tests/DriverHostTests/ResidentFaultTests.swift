import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("A resident driver that behaves badly")
struct ResidentFaultTests: ResidentDriverSuite {
    let bench = DriverBench()

    @Test("a call that hangs holds up its own volume, and no other")
    func hangHoldsItsVolume() async throws {
        let entry = try entry { plan in
            plan.on("provision", .hang)
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            let first = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision("pvc-1", timeout: .milliseconds(100)))
            }
            let second = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision("pvc-1"))
            }
            #expect(second.reason == .busy)
            #expect(second.code == .aborted)
            #expect(second.message.contains("(\(first.callID ?? "?")) was given up"))
            let reply = try await host.call(driver: "x", .provision("pvc-2"))
            #expect(reply.status == .success)
        }
    }

    @Test("a driver that never answers a call that was given up is started again")
    func unresponsive() async throws {
        let entry = try entry { plan in
            plan.on("provision", .hang)
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { configuration in
            configuration.limits.abandonedCallLimit = .milliseconds(100)
        } _: { host in
            _ = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: .milliseconds(100)))
            }
            try await eventually("the volume stays blocked") {
                (try? await host.call(driver: "x", .provision())) != nil
            }
        }
        #expect(try processes().count == 2)
    }

    @Test("a crash leaves the calls in flight unknown, and the driver is started again")
    func crash() async throws {
        let entry = try entry { plan in
            plan.on("provision", .error("assertion failed\n"), .die(SIGSEGV))
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            #expect(error.reason == .crashed)
            #expect(error.outcome == .unknown)
            #expect(
                error.message
                    == "driver 'x': provision of volume pvc-1 was in flight when the resident driver ended: it ended "
                    + "by itself, killed by SIGSEGV (signal 11). stderr: assertion failed")
            let reply = try await host.call(driver: "x", .provision())
            #expect(reply.status == .success)
            #expect(host.describe("x")?.statistics.restarts == 1)
        }
        #expect(try processes().count == 2)
    }

    @Test("a crash fails every call in flight")
    func crashWithMany() async throws {
        let go = bench.scratch.file("go")
        let entry = try entry { plan in
            for _ in 0..<4 { plan.on("provision", .hang) }
            plan.on("provision", .waitForFile(go), .exit(9))
        }
        let errors = try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: DriverCallError.self) { group in
                for number in 0..<5 {
                    group.addTask {
                        try await failure { () throws(DriverCallError) in
                            try await host.call(driver: "x", .provision("pvc-\(number)"))
                        }
                    }
                }
                try await eventually("the calls have not begun") { try bench.log(verb: "provision").count == 5 }
                bench.scratch.write("go", "")
                var errors: [DriverCallError] = []
                for try await error in group { errors.append(error) }
                return errors
            }
        }
        #expect(errors.count == 5)
        #expect(errors.allSatisfy { $0.reason == .crashed && $0.message.hasSuffix("exit status 9") })
    }

    @Test("one crash counts as one failure, however many calls it takes along")
    func crashCountsOnce() async throws {
        let go = bench.scratch.file("go")
        let entry = try entry { plan in
            for _ in 0..<7 { plan.on("provision", .waitForFile(go), .exit(9)) }
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<7 {
                    group.addTask { _ = try? await host.call(driver: "x", .provision("pvc-\(number)")) }
                }
                group.addTask {
                    try? await eventually("the calls have not begun") { try bench.log(verb: "provision").count == 7 }
                    bench.scratch.write("go", "")
                }
            }
            let reply = try await host.call(driver: "x", .provision())
            #expect(reply.status == .success)
        }
    }

    @Test("a line that is no JSON ends the process, and says so")
    func garbage() async throws {
        let error = try await provisionFailure(.print("connecting…\n"), .hang)
        #expect(error.reason == .malformedReply)
        #expect(error.outcome == .unknown)
        #expect(
            error.message
                == "driver 'x': provision of volume pvc-1 was in flight when the resident driver ended: it printed a "
                + "line on stdout that is no JSON object, \"connecting…\", and was ended; logs belong on stderr")
    }

    @Test("a line longer than any reply ends the process")
    func oversized() async throws {
        let error = try await provisionFailure(.printBytes(1 << 30))
        #expect(error.reason == .oversizedReply)
        #expect(error.message.hasSuffix("it printed a line of more than 4194304 bytes on stdout, and was ended"))
    }

    @Test(
        "a driver that dies by a signal is named with it",
        arguments: [SIGHUP, SIGQUIT, SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV, SIGPIPE, SIGTERM, SIGSYS])
    func signals(signal: Int32) async throws {
        let error = try await provisionFailure(.die(signal))
        #expect(error.reason == .crashed)
        #expect(error.outcome == .unknown)
        #expect(
            error.message
                == "driver 'x': provision of volume pvc-1 was in flight when the resident driver ended: it ended by "
                + "itself, killed by \(signalName(signal))")
    }

    @Test("a driver that prints slowly for ever, and no line, answers no call")
    func printsForEver() async throws {
        let error = try await provisionFailure(timeout: .milliseconds(300), .printForEver)
        #expect(error.reason == .deadline)
        #expect(
            error.message
                == "driver 'x': provision of volume pvc-1 was not answered within 300 ms, nor after it was cancelled")
    }

    @Test("a grandchild that holds the pipes does not outlive the process, and delays nothing")
    func grandchild() async throws {
        let pidFile = bench.scratch.file("pid")
        let entry = try entry { plan in
            plan.on("provision", .leaveGrandchild(pidFile: pidFile), .exit(3))
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: .seconds(60)))
            }
            #expect(error.reason == .crashed)
            _ = try await host.call(driver: "x", .provision())
            let pid = try #require(pid_t(bench.scratch.read("pid")?.filter { !$0.isWhitespace } ?? ""))
            try await eventually("the grandchild lives on") { !isRunning(pid) }
        }
    }

    @Test("closing stdout ends the process")
    func closedOutput() async throws {
        let error = try await provisionFailure(.closeOutput, .hang)
        #expect(error.message.hasSuffix("it closed its stdout, and was ended"))
    }

    @Test("exiting without an answer is a crash")
    func exits() async throws {
        let error = try await provisionFailure(.exit(0))
        #expect(error.reason == .crashed)
        #expect(error.message.hasSuffix("it ended by itself, exit status 0"))
    }

    @Test("a second answer is dropped and counted")
    func answersTwice() async throws {
        let entry = try entry { $0.on("provision", .succeed, .succeed) }
        try await bench.withHost(entry) { host in
            for number in 0..<3 { _ = try await host.call(driver: "x", .provision("pvc-\(number)")) }
            try await eventually("the answers are not counted") { host.describe("x")?.statistics.strayReplies == 3 }
            #expect(host.describe("x")?.statistics.restarts == 0)
        }
    }

    @Test("an answer to a call that never was is dropped, and the right one still counts")
    func unknownCall() async throws {
        let entry = try entry {
            $0.on("provision", .reply(["protocol": "1.0", "status": "Success", "callID": "c-0"]), .succeed)
        }
        try await bench.withHost(entry) { host in
            let reply = try await host.call(driver: "x", .provision())
            #expect(reply.volume?.id == "v1")
            #expect(host.describe("x")?.statistics.strayReplies == 1)
        }
    }

    @Test("an answer after the call was given up is dropped, and frees the volume")
    func lateAnswer() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try entry { plan in
            plan.on("provision", .waitForFile(gate), .succeed)
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            _ = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: .milliseconds(100)))
            }
            bench.scratch.write("gate", "")
            try await eventually("the late answer is not counted") { host.describe("x")?.statistics.strayReplies == 1 }
            let reply = try await host.call(driver: "x", .provision())
            #expect(reply.status == .success)
        }
        #expect(try processes().count == 1)
    }

    @Test("a driver that cannot serve is refused, with the reason")
    func cannotServe() async throws {
        let entry = try entry { $0.onServe = [.error("no such verb: serve\n"), .exit(1)] }
        try await bench.withHost(entry) { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            #expect(error.reason == .notReady)
            #expect(!error.reachedDriver)
            #expect(error.message.contains("no such verb: serve"))
        }
    }

    @Test("a driver that keeps ending is started ever more rarely, and calls are told when")
    func backoff() async throws {
        let entry = try entry { $0.scripts["provision"] = [[.exit(1)]] }
        try await bench.withHost(entry) { configuration in
            configuration.limits.failuresBeforeRest = 1000
        } _: { host in
            try await eventually("no call is told to wait", within: .seconds(60)) {
                let error = try await failure { () throws(DriverCallError) in
                    try await host.call(driver: "x", .provision())
                }
                return error.reason == .notReady && error.retryAfter.map { $0 > .zero } == true
                    && error.message.contains("is started again in")
            }
            try await eventually("the report does not tell of it", within: .seconds(60)) {
                let driver = try #require(host.report().arrayValue?.first)
                if driver["state"] == "restarting", driver["retryInMilliseconds"] != nil {
                    return driver["reason"]?.stringValue?.contains("it ended by itself, exit status 1") == true
                }
                _ = try? await host.call(driver: "x", .provision())
                return false
            }
        }
    }

    @Test("secrets stand in no message and no record, not even those of another call")
    func secrets() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try entry { plan in
            plan.on("provision", .waitForFile(gate), .succeed)
            plan.on(
                "provision", .error("using hunter2 and swordfish\n"), .print("hunter2 and swordfish are no JSON\n"),
                .hang)
        }
        try await bench.withHost(entry) { host in
            let errors = try await withThrowingTaskGroup(of: DriverCallError.self) { group in
                for (number, secret) in ["hunter2", "swordfish"].enumerated() {
                    var call = DriverCall.provision("pvc-\(number)")
                    call.secrets = ["password": secret]
                    let secretCall = call
                    group.addTask {
                        try await failure { () throws(DriverCallError) in try await host.call(driver: "x", secretCall) }
                    }
                    try await eventually("the call has not begun") {
                        try bench.log(verb: "provision").count == number + 1
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(errors.count == 2)
            let text = errors.map(\.message).joined() + host.callRecords().map { "\($0.json)" }.joined()
            #expect(text.contains("(removed) and (removed) are no JSON"))
            #expect(!text.contains("hunter2") && !text.contains("swordfish"))
        }
    }
}
