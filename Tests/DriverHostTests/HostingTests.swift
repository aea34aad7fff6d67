import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("Hosting drivers")
struct HostingTests {
    private let bench = DriverBench()

    private func state(_ host: DriverHost, _ name: String = "x") -> DriverState? { host.describe(name)?.state }

    // MARK: What there is

    @Test("a driver is described by its entry and its own answer to init")
    func describe() async throws {
        try await bench.withHost(try bench.entry(provisioners: ["a.example/x", "b.example/x"])) { host in
            try await eventually("it is not ready") { state(host) == .ready }
            let driver = try #require(host.driver(serving: "b.example/x"))
            #expect(driver.name == "x")
            #expect(driver.mode == .once)
            #expect(driver.info?.version == "1.2.3")
            #expect(host.provisioners() == ["a.example/x", "b.example/x"])
            #expect(host.driver(serving: "c.example/x") == nil)
        }
    }

    @Test("the report has what a list of drivers shows")
    func report() async throws {
        let entry = try bench.entry { plan in
            plan.on("provision", .succeed)
            plan.on("provision", .fail("OUT_OF_RANGE", "too small"))
        }
        try await bench.withHost(entry) { host in
            _ = try await host.call(driver: "x", .provision())
            _ = try await failure { () throws(DriverCallError) in try await host.call(driver: "x", .provision()) }
            let driver = try #require(host.report().arrayValue?.first)
            #expect(driver["name"] == "x")
            #expect(driver["provisioners"] == ["test/x"])
            #expect(driver["mode"] == "once")
            #expect(driver["version"] == "1.2.3")
            #expect(driver["state"] == "ready")
            #expect(driver["calls"] == 2)
            #expect(driver["errors"] == 1)
            #expect(driver["unknownOutcomes"] == 0)
            #expect(driver["capabilities"]?.stringArray?.contains("provision") == true)
            #expect(try #require(driver["p50Microseconds"]?.integerValue) > 0)
            #expect(driver["lastError"] == "driver 'x': provision of volume pvc-1 failed: too small")
        }
    }

    @Test("a provisioner that nobody serves is an error that lists those there are")
    func unknownProvisioner() async throws {
        let host = bench.host()
        let none = try await failure { () throws(DriverCallError) in
            try await host.call(provisioner: "test/z", .provision())
        }
        #expect(
            none.message
                == "no driver serves the provisioner \"test/z\". No driver is registered in \(bench.driversFile)")
        bench.writeDriversFile(try bench.entry("a"), try bench.entry("b"))
        host.reload()
        let some = try await failure { () throws(DriverCallError) in
            try await host.call(provisioner: "test/z", .provision())
        }
        #expect(some.message == "no driver serves the provisioner \"test/z\". There are test/a, test/b")
        #expect(!some.reachedDriver)
    }

    @Test("what a host knows of a driver is told whole: its answer to init, its bounds, its last failure")
    func wholeReport() async throws {
        let entry = try bench.entry(
            more: ["concurrency": 3, "config": ["pool": "fast"], "runAs": .string("\(geteuid())")]
        ) { $0.on("provision", .fail("OUT_OF_RANGE", "too small")) }
        try await bench.withHost(entry) { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            let driver = try #require(host.report().arrayValue?.first)
            #expect(driver["concurrency"] == 3)
            #expect(driver["breaker"] == ["position": "closed", "failures": 0, "threshold": 5])
            #expect(driver["config"] == ["pool": "fast"])
            // What stands in the environment may be for the driver alone.
            #expect(driver["env"] == ["BERTH_SCRIPT"])
            #expect(driver["lastErrorCallID"]?.stringValue == error.callID)
            #expect(driver.at("info", "version") == "1.2.3")
            #expect(try DriverInfo(json: try #require(driver["info"])) == host.describe("x")?.info)
        }
    }

    @Test("the calls of a host are on record for the next one, and for whoever looks at its directory")
    func recordsAfterTheHost() async throws {
        let entry = try bench.entry {
            $0.on("provision", .error("no room\n"), .fail("RESOURCE_EXHAUSTED", "the pool is full"))
        }
        let error = try await bench.withHost(entry) { host in
            try await failure { () throws(DriverCallError) in try await host.call(driver: "x", .provision()) }
        }
        var filter = CallRecordFilter()
        filter.callID = error.callID
        let left = try #require(DriverHost.callRecords(dataDirectory: bench.scratch.file("data"), filter).first)
        #expect(left.error?.message == error.message)
        #expect(left.standardError == "no room\n")
        #expect(left.status == .exited(1))
        try await bench.run(bench.host()) { host in
            #expect(host.callRecords(filter).isEmpty)
            #expect(await host.callRecordsWithEarlier(filter) == [left])
            filter.after = 0
            #expect(await host.callRecordsWithEarlier(filter).isEmpty)
        }
    }

    @Test("a call is on record while it runs, and then once", arguments: ["once", "resident"])
    func runningCall(mode: String) async throws {
        let gate = bench.scratch.file("gate")
        let entry = try bench.entry(mode: mode) { plan in
            plan.info["resident"] = true
            plan.on("provision", .waitForFile(gate), .succeed)
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: CallRecord.self) { group in
                group.addTask { try await host.outcome(driver: "x", .provision("pvc-slow")).record }
                try await eventually("it is not under way") { try bench.log(verb: "provision").count == 1 }
                _ = try await host.call(driver: "x", .provision("pvc-2"))
                var filter = CallRecordFilter()
                filter.limit = 1
                let records = host.callRecords(filter)
                #expect(records.map(\.subject) == ["pvc-slow", "pvc-2"])
                #expect(records.map(\.isRunning) == [true, false])
                let running = try #require(records.first)
                #expect(running.json["running"] == true && running.json.at("request", "volume", "name") == "pvc-slow")
                filter.failedOnly = true
                #expect(host.callRecords(filter).isEmpty)
                bench.scratch.write("gate", "")
                for try await record in group { #expect(record.callID == running.callID) }
                filter = CallRecordFilter()
                filter.callID = running.callID
                #expect(host.callRecords(filter).map(\.isRunning) == [false])
            }
        }
    }

    @Test("a call on record is made again with the same request, and its secrets have to be given")
    func repeated() async throws {
        try await bench.withHost(try bench.entry()) { host in
            var call = DriverCall.provision()
            call.secrets = ["password": "hunter2"]
            call.parameters = ["pool": "fast"]
            let first = try await host.outcome(driver: "x", call).record
            #expect(first.secretNames == ["password"])
            for _ in 1...2 {
                let again = try await host.outcome(driver: "x", first.repeated(secrets: ["password": "new"])).record
                #expect(again.callID != first.callID && again.error == nil)
            }
        }
        let requests = try bench.log().compactMap { $0["request"] }
        #expect(requests.map { $0.at("secrets", "password") } == ["hunter2", "new", "new"])
        #expect(Set(requests.map { $0["parameters"] }).count == 1 && Set(requests.map { $0["volume"] }).count == 1)
    }

    // MARK: Drivers that cannot be used

    @Test("a driver that is missing is broken, by its line, and works when it is there")
    func missing() async throws {
        var entry = try bench.entry()
        let driver = try #require(entry["exec"]?.stringValue)
        entry["exec"] = "bin/driver"
        mkdir(bench.scratch.file("bin"), 0o755)
        try await bench.withHost(entry) { host in
            let path = bench.scratch.file("bin/driver")
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            #expect(
                error.message
                    == "provision of volume pvc-1 was not begun: \(bench.driversFile):4: driver 'x': the "
                    + "executable \(path) cannot be found: No such file or directory. Install it, or correct 'exec'")
            #expect(error.reason == .notReady)
            bench.scratch.write("bin/driver", "#!/bin/sh\nexec \(driver) \"$@\"\n")
            try await eventually("it is not looked at") {
                state(host)?.reason?.contains("is not executable. Run chmod +x on it") == true
            }
            chmod(path, 0o777)
            try await eventually("it is not looked at") {
                state(host)?.reason?.contains("can be written by others") == true
            }
            chmod(path, 0o755)
            try await eventually("it does not become ready") { state(host) == .ready }
            _ = try await host.call(driver: "x", .provision())
        }
    }

    @Test("an executable with another digest than registered is not run, and the host goes on")
    func wrongDigest() async throws {
        let entry = try bench.entry(more: ["sha256": .string(String(repeating: "0", count: 64))])
        try await bench.withHost(entry, try bench.entry("y")) { host in
            try await eventually("it is not refused") { state(host)?.reason?.contains("has the sha256") == true }
            _ = try await host.call(driver: "y", .provision())
        }
        #expect(try bench.log(verb: "init").isEmpty)
    }

    @Test(
        "an executable that is replaced by one with another digest is not run, and is again when the right one is back",
        arguments: ["once", "resident"])
    func digestChanges(mode: String) async throws {
        let driver = try #require(try bench.entry()["exec"]?.stringValue)
        let path = bench.scratch.script("driver", "exec \(driver) \"$@\"")
        let sum = try await ChildProcess(executable: "/usr/bin/sha256sum", arguments: [path], environment: [:]).run()
        var entry = try bench.entry(mode: mode, more: ["sha256": .string(String(sum.output.prefix(64)))]) {
            $0.info["resident"] = true
        }
        entry["exec"] = .string(path)
        try await bench.withHost(entry, try bench.entry("y")) { host in
            _ = try await host.call(driver: "x", .provision())
            bench.scratch.script("driver", "exec \(driver) \"$@\" # another")
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            #expect(error.reason == .notReady)
            #expect(error.message.contains("\(path) has the sha256 "))
            #expect(error.message.contains("Either the file is not the one that was registered"))
            #expect(state(host)?.name == "broken")
            _ = try await host.call(driver: "y", .provision())
            bench.scratch.script("driver", "exec \(driver) \"$@\"")
            try await eventually("it is not taken up again") { state(host) == .ready }
            _ = try await host.call(driver: "x", .provision())
        }
        #expect(try bench.log(verb: "provision").count == 2)
    }

    @Test(
        "a driver whose init is wrong is broken, with what it said",
        arguments: [
            ([ScriptedDriverPlan.Action.print("hello\n")], "init printed what is no JSON on stdout"),
            ([.fail("INTERNAL", "no kernel module")], "init failed: no kernel module"),
            ([.hang], "init was not done within 3 s"),
            ([.die(SIGABRT)], "init died: the driver was killed by SIGABRT"),
            ([.reply(["protocol": "1.0", "status": "Success"])], "init was answered without content: info"),
            (
                [
                    .reply([
                        "protocol": "1.0", "status": "Success",
                        "info": ["protocolVersions": ["2.0", "3.1"], "name": "n", "version": "1", "capabilities": []],
                    ])
                ],
                "speaks the protocol versions 2.0, 3.1, and this host speaks 1.0. Install a version of the driver that"
            ),
        ])
    func wrongInit(actions: [ScriptedDriverPlan.Action], message: String) async throws {
        let entry = try bench.entry(more: ["timeouts": ["init": 3]]) { $0.scripts["init"] = [actions] }
        try await bench.withHost(entry, try bench.entry("y")) { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            #expect(error.message.contains(":4: driver 'x'"))
            #expect(error.message.contains(message))
            #expect(error.reason == .notReady)
            #expect(state(host)?.name == "broken")
            _ = try await host.call(driver: "y", .provision())
        }
        #expect(try bench.log().isEmpty)
    }
}
