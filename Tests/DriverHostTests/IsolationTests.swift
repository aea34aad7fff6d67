import DriverProtocol
import FoundationEssentials
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("Keeping drivers apart")
struct IsolationTests {
    private let bench = DriverBench()

    private func state(_ host: DriverHost, _ name: String = "x") -> DriverState? { host.describe(name)?.state }

    @Test("one call at a time is made about a volume, and several about several")
    func onePerVolume() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try bench.entry { $0.scripts["provision"] = [[.waitForFile(gate), .succeed]] }
        try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["pvc-1", "pvc-1", "pvc-1", "pvc-2"] {
                    group.addTask { _ = try await host.call(driver: "x", .provision(name)) }
                }
                try await eventually("the calls have not begun") { try bench.log().count == 2 }
                #expect(host.describe("x")?.statistics.inFlight == 2)
                #expect(host.describe("x")?.statistics.waiting == 2)
                bench.scratch.write("gate", "")
                try await group.waitForAll()
            }
        }
        #expect(try bench.log().count == 4)
    }

    @Test("no more calls of a driver run at a time than its entry allows")
    func concurrency() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try bench.entry(more: ["concurrency": 2]) {
            $0.scripts["provision"] = [[.waitForFile(gate), .succeed]]
        }
        try await bench.withHost(entry) { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<6 {
                    group.addTask { _ = try await host.call(driver: "x", .provision("pvc-\(number)")) }
                }
                try await eventually("the calls do not wait") { host.describe("x")?.statistics.waiting == 4 }
                try await eventually("the calls have not begun") { try bench.log().count == 2 }
                bench.scratch.write("gate", "")
                try await group.waitForAll()
            }
        }
    }

    @Test("drivers that hang, with all their calls in flight, hold up no call of another")
    func isolation() async throws {
        let names = (0..<6).map { "bad\($0)" }
        let entries = try names.map {
            try bench.entry($0, more: ["concurrency": 16]) { $0.scripts["provision"] = [[.hang]] }
        }
        bench.scratch.write(
            "drivers.json",
            (["apiVersion": "berth.dev/v1", "drivers": .array(entries + [try bench.entry("good")])] as JSONValue)
                .prettyPrinted())
        try await bench.run(bench.host()) { host in
            await withTaskGroup(of: Void.self) { group in
                for name in names {
                    for number in 0..<16 {
                        group.addTask { _ = try? await host.call(driver: name, .provision("pvc-\(number)")) }
                    }
                }
                try? await eventually("the calls have not begun") {
                    names.allSatisfy { host.describe($0)?.statistics.inFlight == 16 }
                }
                for number in 0..<10 {
                    let reply = try? await host.call(driver: "good", .provision("pvc-\(number)", timeout: .seconds(20)))
                    #expect(reply?.status == .success)
                }
                group.cancelAll()
            }
        }
    }

    @Test("drivers that misbehave in every way, all at once, hold up no call of another", .timeLimit(.minutes(3)))
    func allAtOnce() async throws {
        let faults: [String: [ScriptedDriverPlan.Action]] = [
            "hangs": [.hang], "ignores": [.ignore(SIGTERM), .hang], "drips": [.printForEver],
            "floods": [.printBytes(1 << 30)], "dies": [.die(SIGSEGV)], "silent": [.exit(0)],
            "lies": [.reply(Misbehaviour.success), .exit(1)], "twice": [.succeed, .succeed],
            "leaves": [.leaveGrandchild(pidFile: bench.scratch.file("pid")), .exit(0)],
        ]
        var entries: [JSONValue] = []
        for (name, actions) in faults.sorted(by: { $0.key < $1.key }) {
            for mode in ["once", "resident"] {
                entries.append(
                    try bench.entry("\(name)-\(mode)", mode: mode) { plan in
                        plan.info["resident"] = true
                        plan.scripts["provision"] = [actions]
                    })
            }
        }
        let bad = entries.compactMap { $0["name"]?.stringValue }
        for mode in ["once", "resident"] {
            entries.append(try bench.entry("good-\(mode)", mode: mode) { $0.info["resident"] = true })
        }
        let file: JSONValue = ["apiVersion": "berth.dev/v1", "drivers": .array(entries)]
        bench.scratch.write("drivers.json", file.prettyPrinted())
        let host = bench.host { $0.limits.failuresBeforeRest = 1000 }
        try await bench.run(host) { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in bad {
                    for number in 0..<4 {
                        group.addTask {
                            // Longer than the test may take; each fails in its own way.
                            _ = try? await host.call(driver: name, .provision("pvc-\(number)", timeout: .seconds(600)))
                        }
                    }
                }
                try await eventually("the hanging calls have not begun") {
                    host.describe("hangs-once")?.statistics.inFlight == 4
                        && host.describe("hangs-resident")?.statistics.inFlight == 4
                        && host.describe("drips-once")?.statistics.inFlight == 4
                }
                for number in 0..<10 {
                    for name in ["good-once", "good-resident"] {
                        let reply = try await host.call(driver: name, .provision("pvc-\(number)"))
                        #expect(reply.status == .success)
                    }
                }
                // Others came and went meanwhile, and the ones that hang still do.
                #expect(host.describe("hangs-once")?.statistics.inFlight == 4)
                #expect(host.describe("drips-once")?.statistics.inFlight == 4)
                group.cancelAll()
            }
        }
    }

    @Test("after repeated failures a driver rests: calls fail at once and say until when; then one tries")
    func circuitBreaker() async throws {
        let entry = try bench.entry { plan in
            for _ in 0..<3 { plan.on("provision", .die(SIGSEGV)) }
            plan.on("provision", .succeed)
        }
        try await bench.withHost(entry) { configuration in
            configuration.limits.failuresBeforeRest = 3
            configuration.limits.firstRest = .seconds(4)
        } _: { host in
            for _ in 0..<3 {
                let error = try await failure { () throws(DriverCallError) in
                    try await host.call(driver: "x", .provision())
                }
                #expect(error.reason == .crashed)
            }
            let resting = try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision())
            }
            #expect(resting.reason == .resting)
            #expect(resting.code == .unavailable)
            #expect(!resting.reachedDriver)
            #expect(try #require(resting.retryAfter) > .zero)
            #expect(
                resting.message
                    == "driver 'x': provision of volume pvc-1 was not begun. The driver rests after 3 failures in a row without "
                    + "an answer, the last: driver 'x': provision of volume pvc-1 died: the driver was killed by SIGSEGV "
                    + "(signal 11)")
            #expect(state(host)?.name == "resting")
            try await eventually("the driver is not tried again") {
                (try? await host.call(driver: "x", .provision())) != nil
            }
            #expect(state(host) == .ready)
        }
        #expect(try bench.log().count == 4)
    }

    @Test("a driver that reports failures is at work, and does not rest")
    func failuresAreAnswers() async throws {
        let entry = try bench.entry { $0.scripts["provision"] = [[.fail("UNAVAILABLE", "later")]] }
        try await bench.withHost(entry) { host in
            for _ in 0..<10 {
                _ = try await failure { () throws(DriverCallError) in try await host.call(driver: "x", .provision()) }
            }
            #expect(state(host) == .ready)
        }
    }

    @Test("too many waiting calls are refused")
    func busy() async throws {
        let gate = bench.scratch.file("gate")
        let entry = try bench.entry(more: ["concurrency": 1]) {
            $0.scripts["provision"] = [[.waitForFile(gate), .succeed]]
        }
        try await bench.withHost(entry) { configuration in
            configuration.limits.maximumWaiting = 1
        } _: { host in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<2 {
                    group.addTask { _ = try await host.call(driver: "x", .provision("pvc-\(number)")) }
                }
                try await eventually("nobody waits") { host.describe("x")?.statistics.waiting == 1 }
                let error = try await failure { () throws(DriverCallError) in
                    try await host.call(driver: "x", .provision("pvc-9"))
                }
                #expect(error.reason == .busy)
                bench.scratch.write("gate", "")
                try await group.waitForAll()
            }
        }
    }

    @Test("many calls, also such as fail, leave no descriptor and no process behind", .timeLimit(.minutes(2)))
    func leaks() async throws {
        func openDescriptors() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        }
        let entry = try bench.entry { plan in
            plan.scripts["provision"] = [[.succeed], [.die(SIGKILL)], [.exit(1)], [.print("x")], [.succeed]]
        }
        let resident = try bench.entry("r", mode: "resident") { plan in
            plan.scripts["provision"] = [[.succeed], [.exit(1)], [.succeed]]
        }
        let before = try openDescriptors()
        try await bench.withHost(entry, resident) { host in
            for number in 0..<20 {
                _ = try? await host.call(driver: "x", .provision("pvc-\(number)"))
                _ = try? await host.call(driver: "r", .provision("pvc-\(number)"))
            }
        }
        for call in try bench.log() + bench.log("r", verb: "serve") {
            #expect(try !isRunning(pid_t(#require(call["pid"]?.integerValue))))
        }
        // Other tests open and close descriptors at the same time.
        try await eventually("descriptors are left") { try openDescriptors() <= before + 20 }
    }

    @Test("a call to a host that is ending says so")
    func ending() async throws {
        let host = try await bench.withHost(try bench.entry()) { host in
            _ = try await host.call(driver: "x", .provision())
            return host
        }
        let error = try await failure { () throws(DriverCallError) in try await host.call(driver: "x", .provision()) }
        #expect(error.message.hasSuffix("was not begun: the host is ending"))
    }

    @Test("a call made before the host runs waits for it")
    func early() async throws {
        bench.writeDriversFile(try bench.entry())
        let host = bench.host()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await host.call(driver: "x", .provision()) }
            group.addTask { try await host.run() }
            try await group.next()
            group.cancelAll()
        }
    }
}
