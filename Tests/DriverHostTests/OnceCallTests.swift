import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("Calling a driver once per call")
struct OnceCallTests {
    private let bench = DriverBench()

    private func provision(
        timeout: Duration = .seconds(30),
        configure: @Sendable @escaping (inout DriverHostConfiguration) -> Void = { _ in },
        _ actions: [ScriptedDriverPlan.Action]
    ) async throws -> DriverCallError {
        let entry = try bench.entry { $0.scripts["provision"] = [actions] }
        return try await bench.withHost(entry, configure: configure) { host in
            try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: timeout))
            }
        }
    }

    @Test("the driver gets the request, the host the reply")
    func success() async throws {
        let entry = try bench.entry(more: ["config": ["basePath": "/srv"]])
        let reply = try await bench.withHost(entry) { host in
            var call = DriverCall.provision("pvc-7", timeout: .seconds(9))
            call.parameters = ["type": "gp2"]
            call.claim = ClaimReference(namespace: "default", name: "myclaim")
            return try await host.call(provisioner: "test/x", call)
        }
        #expect(reply.volume?.id == "v1")
        let request = try DriverRequest(json: try #require(try bench.log().first?["request"]))
        #expect(request.verb == .provision)
        #expect(request.callID.hasPrefix("c-"))
        #expect(request.driver == DriverReference(name: "x", config: ["basePath": "/srv"]))
        #expect(request.owner == "test-host")
        #expect(request.timeout == .seconds(9))
        #expect(request.deadline?.hasSuffix("Z") == true)
        #expect(request.volume?.name == "pvc-7")
        #expect(request.parameters == ["type": "gp2"])
        #expect(request.claim == ClaimReference(namespace: "default", name: "myclaim"))
    }

    @Test("the same call twice is made twice, under two ids")
    func twice() async throws {
        try await bench.withHost(try bench.entry()) { host in
            for _ in 0..<2 { _ = try await host.call(driver: "x", .provision()) }
        }
        let ids = try bench.log().compactMap { $0["request"]?["callID"]?.stringValue }
        #expect(Set(ids).count == 2)
    }

    @Test("the environment is clean, and argv has the verb alone")
    func environment() async throws {
        let entry = try bench.entry(more: ["env": ["BERTH_SCRIPT": .string(bench.scratch.file("x.plan")), "A": "b"]])
        try await bench.withHost(entry) { host in _ = try await host.call(driver: "x", .provision()) }
        let call = try #require(try bench.log().first)
        let home = bench.scratch.file("data/drivers/x")
        #expect(call["argv"]?.arrayValue?.dropFirst() == ["provision"])
        #expect(call["directory"]?.stringValue == home)
        var environment = try #require(call["environment"]?.stringDictionary)
        let callID = try #require(call.at("request", "callID")?.stringValue)
        #expect(environment.removeValue(forKey: "BERTH_CALL") == "test-host/\(callID)")
        #expect(
            environment == [
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
                "HOME": home, "TMPDIR": "\(home)/tmp", "BERTH_DATA_DIR": bench.scratch.file("data"),
                "BERTH_SCRIPT": bench.scratch.file("x.plan"), "A": "b",
            ])
    }

    @Test("'runAs' names whom the driver runs as", .enabled(if: geteuid() == 0))
    func runAs() async throws {
        let entry = try bench.entry(more: ["runAs": "nobody"])
        chmod(bench.scratch.path, 0o755)
        let log = open(bench.scratch.file("x.log"), O_CREAT | O_WRONLY | O_CLOEXEC, 0o666)
        fchmod(log, 0o666)
        close(log)
        try await bench.withHost(entry) { host in _ = try await host.call(driver: "x", .provision()) }
        #expect(try bench.log().first?["user"] == 65534)
    }

    // MARK: Failures that the driver reports

    @Test("a failure is what the driver says it is")
    func failureReply() async throws {
        let error = try await provision([.fail("OUT_OF_RANGE", "a volume has at least 1 GiB", outcome: "final")])
        #expect(error.code == .outOfRange)
        #expect(error.outcome == .final)
        #expect(error.reason == .driverFailure)
        #expect(
            error.message == "driver 'x': provision of volume pvc-1 failed: a volume has at least 1 GiB")
    }

    @Test("a failure with exit status 0 is the failure that it says")
    func failureWithZero() async throws {
        let error = try await provision([.fail("RESOURCE_EXHAUSTED", "the pool is full"), .exit(0)])
        #expect(error.code == .resourceExhausted)
        #expect(error.outcome == .final)
    }

    @Test("a failure without an outcome has the one of its code")
    func defaultOutcome() async throws {
        #expect(try await provision([.fail("UNAVAILABLE", "the array is rebooting")]).outcome == .unknown)
    }

    @Test("'Not supported' is final, and names the verb")
    func notSupported() async throws {
        let error = try await provision([.reply(["protocol": "1.0", "status": "Not supported"])])
        #expect(error.code == .unimplemented)
        #expect(error.outcome == .final)
        #expect(error.message == "driver 'x' does not support provision")
    }

    @Test("'Pending' is a reply, with its operation")
    func pending() async throws {
        let entry = try bench.entry {
            $0.on("provision", .reply(["protocol": "1.0", "status": "Pending", "operation": "op-1"]))
        }
        let reply = try await bench.withHost(entry) { host in try await host.call(driver: "x", .provision()) }
        #expect(reply.status == .pending)
        #expect(reply.operation == "op-1")
    }

    // MARK: Drivers that behave badly

    @Test("what is no answer leaves the outcome unknown, and says what was found", arguments: Misbehaviour.all)
    func misbehaviour(_ driver: Misbehaviour) async throws {
        let error = try await provision(driver.actions)
        #expect(error.message == "driver 'x': provision of volume pvc-1 \(driver.message)")
        #expect(error.reason == driver.reason)
        #expect(error.outcome == .unknown)
        #expect(error.reachedDriver)
        #expect(error.callID?.hasPrefix("c-") == true)
    }

    @Test(
        "a driver that dies by a signal is named with it",
        arguments: [
            SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2,
            SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGXFSZ, SIGSYS,
        ])
    func signals(signal: Int32) async throws {
        let error = try await provision([.die(signal)])
        #expect(error.reason == .crashed)
        #expect(error.message.hasSuffix("died: the driver was killed by \(signalName(signal))"))
    }

    @Test("a driver that hangs is ended at its deadline")
    func hang() async throws {
        let error = try await provision(timeout: .seconds(3), [.error("waiting for the array\n"), .hang])
        #expect(error.reason == .deadline)
        #expect(error.code == .deadlineExceeded)
        #expect(
            error.message
                == "driver 'x': provision of volume pvc-1 was not done within 3 s; the driver was ended (SIGTERM "
                + "(signal 15), killed by SIGTERM (signal 15)). stderr: waiting for the array")
    }

    @Test("a driver that ignores SIGTERM is ended all the same")
    func ignoresTerm() async throws {
        let error = try await provision(timeout: .seconds(3), [.ignore(SIGTERM), .hang])
        #expect(
            error.message
                == "driver 'x': provision of volume pvc-1 was not done within 3 s; the driver was ended (it "
                + "ignored SIGTERM and got SIGKILL)")
    }

    @Test("an answer that a driver gives after it was told to end does not count")
    func answersTooLate() async throws {
        let reply = String(decoding: Misbehaviour.success.encoded, as: UTF8.self)
        var entry = try bench.entry()
        let driver = try #require(entry["exec"]?.stringValue)
        let started = bench.scratch.file("started")
        entry["exec"] = .string(
            bench.scratch.script(
                "late",
                """
                [ "$1" = init ] && exec \(driver) init
                trap "echo '\(reply)'; exit 0" TERM
                : > \(started)
                while :; do sleep 0.01; done
                """))
        let error = try await bench.withHost(entry) { host in
            try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: .seconds(3)))
            }
        }
        #expect(access(started, F_OK) == 0)
        #expect(error.reason == .deadline)
        #expect(error.outcome == .unknown)
        // The shell may say of its own child that it was terminated.
        #expect(
            error.message.hasPrefix(
                "driver 'x': provision of volume pvc-1 was not done within 3 s; the driver was ended (SIGTERM "
                    + "(signal 15), exit status 0)"))
    }

    @Test("a driver that prints slowly for ever is ended at its deadline")
    func printsForEver() async throws {
        #expect(try await provision(timeout: .seconds(3), [.printForEver]).reason == .deadline)
    }

    @Test("a driver that prints a gibibyte is ended at the fourth mebibyte")
    func printsTooMuch() async throws {
        let error = try await provision([.printBytes(1 << 30)])
        #expect(error.reason == .oversizedReply)
        #expect(
            error.message
                == "driver 'x': provision of volume pvc-1 printed more than 4194304 bytes on stdout; the driver was "
                + "ended. A reply is one JSON object; logs belong on stderr")
    }

    @Test("a driver that closes stdin at once, while a mebibyte is written, may succeed")
    func closesInput() async throws {
        let entry = try bench.entry {
            $0.on("provision", .closeInput, .reply(Misbehaviour.success))
        }
        let reply = try await bench.withHost(entry) { host in
            var call = DriverCall.provision()
            call.parameters = ["padding": String(repeating: "x", count: 1 << 20)]
            return try await host.call(driver: "x", call)
        }
        #expect(reply.volume?.id == "v")
    }

    @Test("a driver that ends without reading its request, and says nothing, is told that it did not read it")
    func readsNothing() async throws {
        let entry = try bench.entry { $0.on("provision", .closeInput, .exit(0)) }
        let error = try await #require(throws: DriverCallError.self) {
            try await bench.withHost(entry) { host in
                var call = DriverCall.provision()
                call.parameters = ["padding": String(repeating: "x", count: 1 << 20)]
                _ = try await host.call(driver: "x", call)
            }
        }
        #expect(error.reason == .noReply)
        #expect(error.message.hasSuffix("printed nothing on stdout, and had not read its request on stdin to the end"))
    }

    @Test("a grandchild that holds the pipes delays nothing, and is ended")
    func grandchild() async throws {
        let pidFile = bench.scratch.file("pid")
        let entry = try bench.entry { $0.on("provision", .leaveGrandchild(pidFile: pidFile), .succeed) }
        let reply = try await bench.withHost(entry) { host in
            try await host.call(driver: "x", .provision(timeout: .seconds(60)))
        }
        #expect(reply.status == .success)
        let pid = try #require(pid_t(bench.scratch.read("pid")?.trimmed ?? ""))
        try await eventually("the grandchild lives on") { !isRunning(pid) }
    }

    @Test("cancelling the caller ends the driver")
    func cancellation() async throws {
        let started = bench.scratch.file("started")
        let entry = try bench.entry { $0.on("provision", .touch(started), .hang) }
        let error = try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: DriverCallError.self) { group in
                group.addTask {
                    try await failure { () throws(DriverCallError) in
                        try await host.call(driver: "x", .provision(timeout: .seconds(60)))
                    }
                }
                try await eventually("the call has not begun") { access(started, F_OK) == 0 }
                group.cancelAll()
                return try #require(await group.next())
            }
        }
        #expect(error.reason == .cancelled)
        #expect(error.outcome == .unknown)
    }

    @Test("secrets reach the driver, and stand in no message and no record")
    func secrets() async throws {
        let entry = try bench.entry {
            $0.on("provision", .error("login with hunter2 failed\n"), .fail("UNAUTHENTICATED", "hunter2 was refused"))
        }
        let (error, records) = try await bench.withHost(entry) { host in
            var call = DriverCall.provision()
            call.secrets = ["password": "hunter2"]
            let call2 = call
            let error = try await failure { () throws(DriverCallError) in try await host.call(driver: "x", call2) }
            return (error, host.callRecords())
        }
        #expect(try bench.log().first?["request"]?["secrets"]?["password"] == "hunter2")
        #expect(error.message == "driver 'x': provision of volume pvc-1 failed: (removed) was refused")
        let record = try #require(records.last { $0.verb == .provision })
        #expect(!String(decoding: record.json.encoded, as: UTF8.self).contains("hunter2"))
        #expect(record.standardError == "login with (removed) failed\n")
    }

    @Test("at the end of the host its running calls end")
    func shutdown() async throws {
        let started = bench.scratch.file("started")
        let entry = try bench.entry { $0.on("provision", .touch(started), .hang) }
        let error = try await withThrowingTaskGroup(of: DriverCallError.self) { group in
            try await bench.withHost(entry) { host in
                group.addTask {
                    try await failure { () throws(DriverCallError) in
                        try await host.call(driver: "x", .provision(timeout: .seconds(60)))
                    }
                }
                try await eventually("the call has not begun") { access(started, F_OK) == 0 }
            }
            return try #require(await group.next())
        }
        #expect(error.reason == .cancelled)
    }
}
