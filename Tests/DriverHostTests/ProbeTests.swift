import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("Trying a driver out")
struct ProbeTests {
    private let bench = DriverBench()

    @Test("init of an executable that nobody registered")
    func initialize() async throws {
        let outcome = await DriverHost.probe(executable: try BuiltProducts.path(of: "ScriptedDriver"))
        #expect(try outcome.result.get().info?.version == "1.2.3")
        #expect(outcome.record.verb == .initialize)
        #expect(outcome.record.status == .exited(0))
        #expect(!outcome.record.reply.isEmpty)
    }

    @Test("any verb, with a configuration and an environment of its own")
    func anyVerb() async throws {
        let entry = try bench.entry()
        let outcome = await DriverHost.probe(
            executable: try #require(entry["exec"]?.stringValue), .provision("pvc-9"), name: "trial",
            config: ["a": 1], environment: try #require(entry["env"]?.stringDictionary))
        #expect(try outcome.result.get().volume?.id == "v1")
        let request = try #require(try bench.log().first?["request"])
        #expect(request["driver"] == ["name": "trial", "config": ["a": 1]])
    }

    @Test("an executable that the host would not run is refused with the reason")
    func refused() async throws {
        let path = bench.scratch.write("driver", "#!/bin/sh\n")
        let outcome = await DriverHost.probe(executable: path)
        let error = try await failure { () throws(DriverCallError) in try outcome.result.get() }
        #expect(error.message == "\(path) is not executable. Run chmod +x on it, or correct 'exec'")
    }

    @Test("an init that this host cannot work with is a failure")
    func wrongVersion() async throws {
        let entry = try bench.entry { $0.info["protocolVersions"] = ["9.0"] }
        let outcome = await DriverHost.probe(
            executable: try #require(entry["exec"]?.stringValue),
            environment: try #require(entry["env"]?.stringDictionary))
        let error = try await failure { () throws(DriverCallError) in try outcome.result.get() }
        #expect(error.code == .failedPrecondition)
    }
}
