import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("Calling a resident driver")
struct ResidentCallTests: ResidentDriverSuite {
    let bench = DriverBench()

    @Test("one process answers all calls")
    func oneProcess() async throws {
        try await bench.withHost(try entry()) { host in
            for number in 0..<20 {
                let reply = try await host.call(driver: "x", .provision("pvc-\(number)"))
                #expect(reply.volume?.id == "v1")
            }
        }
        #expect(try bench.log(verb: "provision").count == 20)
        let served = Set(try bench.log(verb: "provision").compactMap { $0["pid"] })
        #expect(try processes() == served)
        #expect(try bench.log(verb: "serve").first?["argv"]?.arrayValue?.dropFirst() == ["serve"])
    }

    @Test("without a mode in drivers.json the driver's own offer decides")
    func offered() async throws {
        let entry = try bench.entry(mode: nil) { $0.info["resident"] = true }
        try await bench.withHost(entry) { host in
            _ = try await host.call(driver: "x", .provision())
            #expect(host.describe("x")?.mode == .resident)
        }
        #expect(try bench.log(verb: "serve").count == 1)
    }

    @Test("many calls are in flight at once, and each gets its own answer, in whatever order they come")
    func interleaved() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try entry { plan in
            plan.on("provision", .waitForFile(gate), .succeed)
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: Int.self) { group in
                group.addTask {
                    _ = try await host.call(driver: "x", .provision("pvc-slow"))
                    return 0
                }
                try await eventually("the slow call has not begun") { try bench.log(verb: "provision").count == 1 }
                for number in 1...10 {
                    group.addTask {
                        _ = try await host.call(driver: "x", .provision("pvc-\(number)"))
                        return number
                    }
                }
                var order: [Int] = []
                for try await number in group {
                    order.append(number)
                    if order.count == 10 { bench.scratch.write("gate", "") }
                }
                #expect(order.last == 0)
            }
        }
    }

    @Test("a failure is what the driver says it is")
    func failureReply() async throws {
        let error = try await provisionFailure(.fail("OUT_OF_RANGE", "too small", outcome: "final"))
        #expect(error.message == "driver 'x': provision of volume pvc-1 failed: too small")
        #expect(error.outcome == .final)
    }

    @Test("at its deadline a call is cancelled, and an answer that comes then still counts")
    func cancelledAtDeadline() async throws {
        let error = try await provisionFailure(
            timeout: .milliseconds(200), .waitForCancel, .fail("ABORTED", "given up", outcome: "final"))
        #expect(error.code == .aborted)
        #expect(error.outcome == .final)
        #expect(try bench.log(verb: "cancel").count == 1)
    }

    @Test("a call that is not answered, nor after it was cancelled, has an unknown outcome")
    func hang() async throws {
        let error = try await provisionFailure(timeout: .seconds(4), .error("waiting for the array\n"), .hang)
        #expect(error.reason == .deadline)
        #expect(error.outcome == .unknown)
        #expect(
            error.message == "driver 'x': provision of volume pvc-1 was not answered within 4 s, nor after it was "
                + "cancelled. stderr: waiting for the array")
    }

    @Test("cancelling the caller gives the call up")
    func cancellation() async throws {
        let entry = try entry {
            $0.on("provision", .waitForCancel, .fail("CANCELLED", "as you like", outcome: "final"))
        }
        let error = try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: DriverCallError.self) { group in
                group.addTask {
                    try await failure { () throws(DriverCallError) in try await host.call(driver: "x", .provision()) }
                }
                try await eventually("the call has not begun") { try bench.log(verb: "provision").count == 1 }
                group.cancelAll()
                return try #require(await group.next())
            }
        }
        #expect(error.message == "driver 'x': provision of volume pvc-1 failed: as you like")
    }

    @Test("a request larger than the pipe reaches a driver that reads late")
    func largeRequest() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try entry { $0.onServe = [.waitForFile(gate)] }
        try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        var call = DriverCall.provision("pvc-\(number)")
                        call.parameters = ["padding": String(repeating: "x", count: 300_000)]
                        _ = try await host.call(driver: "x", call)
                    }
                }
                bench.scratch.write("gate", "")
                try await group.waitForAll()
            }
        }
        let sizes = try bench.log(verb: "provision").map {
            $0["request"]?.at("parameters", "padding")?.stringValue?.count
        }
        #expect(sizes == Array(repeating: 300_000, count: 8))
    }

    @Test("a replaced executable is taken over between calls: what runs is finished by the old process")
    func replaced() async throws {
        let gate = bench.scratch.file("gate")
        var json = try entry { plan in
            plan.on("provision", .waitForFile(gate), .succeed)
            plan.on("provision", .succeed)
        }
        // A wrapper, so that there is something to replace.
        let driver = try #require(json["exec"]?.stringValue)
        let wrapper = bench.scratch.script("driver", "exec \(driver) \"$@\"")
        json["exec"] = .string(wrapper)
        try await bench.withHost(json) { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await host.call(driver: "x", .provision("pvc-slow")) }
                try await eventually("the slow call has not begun") { try bench.log(verb: "provision").count == 1 }
                bench.scratch.script("driver", "exec \(driver) \"$@\" # the new version")
                _ = try await host.call(driver: "x", .provision("pvc-2"))
                bench.scratch.write("gate", "")
                try await group.waitForAll()
            }
        }
        let calls = try bench.log(verb: "provision")
        #expect(calls.count == 2)
        #expect(calls[0]["pid"] != calls[1]["pid"])
        #expect(try processes().count == 2)
    }

    @Test("at the end of the host the process ends, also one that ignores SIGTERM and the end of its stdin")
    func shutdown() async throws {
        let entry = try entry { $0.onServe = [.ignore(SIGTERM)] }
        try await bench.withHost(entry) { host in
            _ = try await host.call(driver: "x", .provision())
        }
        let pid = try #require(processes().first?.integerValue)
        #expect(!isRunning(pid_t(pid)))
    }

    @Test("what the driver logs during a call is in the call's record")
    func errorOutput() async throws {
        let entry = try entry { plan in
            plan.on("provision", .error("making pvc-1\n"), .succeed)
            plan.on("provision", .error("making pvc-2\n"), .succeed)
        }
        try await bench.withHost(entry) { host in
            for name in ["pvc-1", "pvc-2"] { _ = try await host.call(driver: "x", .provision(name)) }
            var filter = CallRecordFilter()
            filter.subject = "pvc-2"
            // stderr and stdout are two pipes: the lines may come a moment after the answer.
            let record = try #require(host.callRecords(filter).first)
            #expect(!record.standardError.contains("pvc-1"))
        }
    }
}
