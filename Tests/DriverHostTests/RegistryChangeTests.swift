import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("Following drivers.json")
struct RegistryChangeTests {
    private let bench = DriverBench()

    @Test("a drivers.json that others can write, or whose directory they can, is not read until they cannot")
    func untrusted() async throws {
        bench.writeDriversFile(try bench.entry())
        for path in [bench.driversFile, bench.scratch.path] {
            var status = stat()
            stat(path, &status)
            chmod(path, status.st_mode | 0o022)
            try await bench.run(bench.host()) { host in
                #expect(host.describe("x") == nil)
                #expect(
                    host.problems.map(\.message) == [
                        "the file is not trusted: \(path) can be written by others (mode "
                            + "0\(String(status.st_mode & 0o777 | 0o022, radix: 8))). Run chmod go-w \(path)"
                    ])
                chmod(path, status.st_mode)
                try await eventually("it is not read") { host.describe("x")?.state == .ready }
            }
        }
    }

    @Test("a driver that is added is found, and one that is removed is gone")
    func addAndRemove() async throws {
        try await bench.withHost(try bench.entry("a")) { host in
            _ = try await host.call(driver: "a", .provision())
            bench.writeDriversFile(try bench.entry("a"), try bench.entry("b"))
            try await eventually("it is not found") { host.provisioners() == ["test/a", "test/b"] }
            _ = try await host.call(driver: "b", .provision())
            bench.writeDriversFile(try bench.entry("b"))
            try await eventually("it is not gone") { host.provisioners() == ["test/b"] }
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "a", .provision())
            }
            #expect(error.reason == .notRegistered)
            #expect(error.message == "there is no driver 'a' in \(bench.driversFile); there are b")
            #expect(host.describe("b")?.statistics.calls == 1)
        }
    }

    @Test("a changed entry restarts its resident driver, keeps the counts, and leaves the others alone")
    func change() async throws {
        func entry(_ name: String, _ config: JSONObject) throws -> JSONValue {
            try bench.entry(name, mode: "resident", more: ["config": .object(config)])
        }
        try await bench.withHost(try entry("a", ["v": 1]), try entry("b", ["v": 1])) { host in
            for name in ["a", "b"] { _ = try await host.call(driver: name, .provision()) }
            bench.writeDriversFile(try entry("a", ["v": 2]), try entry("b", ["v": 1]))
            host.reload()
            for name in ["a", "b"] { _ = try await host.call(driver: name, .provision()) }
            #expect(host.describe("a")?.statistics.calls == 2)
        }
        #expect(try bench.log("a", verb: "serve").count == 2)
        #expect(try bench.log("b", verb: "serve").count == 1)
        let configs = try bench.log("a", verb: "provision").map { $0["request"]?.at("driver", "config", "v") }
        #expect(configs == [1, 2])
    }

    @Test("an entry that moves to another line keeps running")
    func moved() async throws {
        let entry = try bench.entry("a", mode: "resident")
        try await bench.withHost(entry) { host in
            _ = try await host.call(driver: "a", .provision())
            bench.writeDriversFile(try bench.entry("b"), entry)
            host.reload()
            _ = try await host.call(driver: "a", .provision())
        }
        #expect(try bench.log("a", verb: "serve").count == 1)
    }

    @Test("a file that is broken as a whole leaves the drivers as they were, and says where it is wrong")
    func brokenFile() async throws {
        try await bench.withHost(try bench.entry("a")) { host in
            bench.scratch.write("drivers.json", "{\"apiVersion\": \"berth.dev/v1\",\n\"drivers\": [")
            try await eventually("it is not read") { !host.problems.isEmpty }
            #expect(
                host.problems.map(\.description) == [
                    "\(bench.driversFile):2: not valid JSON, column 13: the document ends where a value is expected"
                ])
            _ = try await host.call(driver: "a", .provision())
            bench.writeDriversFile(try bench.entry("a"))
            try await eventually("it is not read again") { host.problems.isEmpty }
        }
    }

    @Test("a file that disappears leaves the drivers as they were, and says so")
    func missingFile() async throws {
        try await bench.withHost(try bench.entry("a")) { host in
            unlink(bench.driversFile)
            try await eventually("it is not missed") { !host.problems.isEmpty }
            #expect(
                host.problems.map(\.description) == [
                    "\(bench.driversFile): the file is gone. Its drivers are kept until it is back, or the host starts again"
                ])
            _ = try await host.call(driver: "a", .provision())
        }
    }

    @Test("a bad entry is reported, answers for its provisioners, and leaves the others working")
    func badEntry() async throws {
        let bad = try bench.entry("bad", more: ["mode": "sometimes"])
        try await bench.withHost(bad, try bench.entry("a")) { host in
            #expect(host.problems.count == 1)
            #expect(host.driver(serving: "test/bad")?.state.name == "broken")
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(provisioner: "test/bad", .provision())
            }
            #expect(
                error.message.hasSuffix("driver 'bad': 'mode' is \"once\" or \"resident\", and this is \"sometimes\""))
            #expect(host.descriptions().map(\.name) == ["a", "bad"])
            _ = try await host.call(driver: "a", .provision())
        }
    }

    @Test("a call that waits while its entry is changed is made with the new entry")
    func changeWhileWaiting() async throws {
        let gate = bench.scratch.file("gate")
        func entry(_ version: JSONValue) throws -> JSONValue {
            try bench.entry(more: ["config": ["v": version]]) { plan in
                plan.on("provision", .waitForFile(gate), .succeed)
                plan.on("provision", .succeed)
            }
        }
        try await bench.withHost(try entry(1)) { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await host.call(driver: "x", .provision()) }
                try await eventually("the call has not begun") { try bench.log().count == 1 }
                group.addTask { _ = try await host.call(driver: "x", .provision()) }
                try await eventually("the call does not wait") { host.describe("x")?.statistics.waiting == 1 }
                bench.writeDriversFile(try entry(2))
                host.reload()
                bench.scratch.write("gate", "")
                try await group.waitForAll()
            }
        }
        #expect(try bench.log().map { $0["request"]?.at("driver", "config", "v") } == [1, 2])
    }

    @Test("a replaced executable is asked anew what it is")
    func replaced() async throws {
        var entry = try bench.entry()
        let driver = try #require(entry["exec"]?.stringValue)
        entry["exec"] = .string(bench.scratch.script("driver", "exec \(driver) \"$@\""))
        let path = try #require(entry["env"]?["BERTH_SCRIPT"]?.stringValue)
        try await bench.withHost(entry) { host in
            _ = try await host.call(driver: "x", .provision())
            let plan = (bench.scratch.read("x.plan") ?? "").replacing(
                "\"info\":{}", with: "\"info\":{\"version\":\"2.0.0\"}")
            bench.scratch.write("x.plan", plan)
            bench.scratch.script("driver", "exec \(driver) \"$@\" # new")
            _ = try await host.call(driver: "x", .provision())
            #expect(host.describe("x")?.info?.version == "2.0.0")
        }
        #expect(path.hasSuffix("x.plan"))
        #expect(try bench.log(verb: "init").count == 2)
    }

    @Test("an executable that is replaced under a running call is taken over with the next one")
    func replacedWhileRunning() async throws {
        let gate = bench.scratch.file("gate")
        var entry = try bench.entry { plan in
            plan.on("provision", .waitForFile(gate), .succeed)
            plan.on("provision", .succeed)
        }
        let driver = try #require(entry["exec"]?.stringValue)
        entry["exec"] = .string(bench.scratch.script("driver", "VERSION=1 exec \(driver) \"$@\""))
        try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: DriverReply.self) { group in
                group.addTask { try await host.call(driver: "x", .provision("pvc-slow")) }
                try await eventually("the call has not begun") { try bench.log().count == 1 }
                bench.scratch.script("driver", "VERSION=2 exec \(driver) \"$@\"")
                _ = try await host.call(driver: "x", .provision("pvc-2"))
                bench.scratch.write("gate", "")
                for try await reply in group { #expect(reply.status == .success) }
            }
        }
        #expect(try bench.log().map { $0["environment"]?["VERSION"] } == ["1", "2"])
    }
}
