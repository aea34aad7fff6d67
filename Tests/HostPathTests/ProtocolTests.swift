import DriverProtocol
import Glibc
import JSONTree
import Testing

@Suite("The hostPath executable")
struct ProtocolTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test("answers init with what it can do, and a schema that the host can read")
    func initialize() throws {
        let outcome = try DriverUnderTest.call(scene.request(.initialize, nil))
        let info = try #require(outcome.reply.info)
        #expect(info.name == "hostpath")
        #expect(info.resident)
        for verb in [Verb.validate, .provision, .delete, .get, .list, .expandVolume, .capacity, .stats, .status] {
            #expect(info.supports(verb), "\(verb)")
        }
        let schema = try ParameterSchema(json: try #require(info.parameters))
        #expect(try schema.validate([:])["onDelete"] == "delete")
        #expect(outcome.standardError.isEmpty)
    }

    @Test("answers Not supported, and exits with another status than 0, to what it does not offer")
    func notSupported() throws {
        for verb in [Verb.attach, .mount, Verb(rawValue: "levitate")] {
            let outcome = try DriverUnderTest.call(scene.request(verb))
            #expect(outcome.reply.status == .notSupported)
            #expect(outcome.exitStatus == 1)
        }
    }

    @Test(
        "answers a wrong request with a Failure that says what is wrong",
        arguments: [
            ("", "standard input is empty"),
            ("  ", "the request is no JSON: line 1, column 3: the document ends where a value is expected"),
            ("{\n\"a\": }", "the request is no JSON: line 2, column 6"),
            (#"{"protocol":"1.0"}"#, "the request is wrong: verb: expected a string, found nothing"),
            (
                #"{"protocol":"1.0","verb":"status","callID":"c","driver":{"name":"d"}}"#,
                "the argument says init, the request says status"
            ),
        ])
    func wrongRequests(input: String, message: String) throws {
        let outcome = try DriverUnderTest.call(raw: Array(input.utf8), verb: "init")
        #expect(outcome.reply.error?.message.contains(message) == true, "\(outcome.standardOutput)")
        #expect(outcome.reply.error?.outcome == .final)
        #expect(outcome.exitStatus == 1)
    }

    @Test("refuses a request of more than 4 MiB")
    func hugeRequest() throws {
        let outcome = try DriverUnderTest.call(raw: [UInt8](repeating: 0x20, count: 5 << 20), verb: "init")
        #expect(outcome.reply.error?.message.contains("more than 4194304 bytes") == true)
    }

    @Test("takes its default base directory from BERTH_DATA_DIR, and prefers the one in drivers.json")
    func environment() throws {
        let driver = try ResidentDriver(environment: ["BERTH_DATA_DIR=\(scene.directory)"])
        var request = scene.request(.provision)
        request.driver.config = [:]
        #expect(try driver.call(request).volume?.context["basePath"] == scene.directory + "/volumes")
        request.driver.config = ["basePath": .string(scene.directory + "/configured")]
        request.volume?.name = "pvc-2"
        #expect(try driver.call(request).volume?.context["basePath"] == scene.directory + "/configured")
    }

    @Test("names the member of drivers.json's config that it does not know, or cannot read")
    func configuration() throws {
        var request = scene.request(.provision)
        request.driver.config = ["basepath": "/srv"]
        #expect(try scene.call(request).error?.message.contains("unknown member 'basepath'") == true)
        request.driver.config = ["basePath": 7]
        #expect(try scene.call(request).error?.message.contains("basePath must be a string") == true)
    }

    @Test("says whether it is ready")
    func status() throws {
        #expect(try scene.call(scene.request(.status, nil)).status == .success)
        var request = scene.request(.status, nil)
        request.driver.config = ["basePath": "/proc/nowhere/at/all"]
        #expect(try scene.call(request).status == .failure)
    }

    @Test("notices when its base directory is replaced while it is resident")
    func replacedBase() throws {
        let driver = try ResidentDriver()
        #expect(try driver.call(scene.request(.provision, "pvc-1")).status == .success)
        try #require(rename(scene.base, scene.base + "-away") == 0)
        #expect(try driver.call(scene.request(.provision, "pvc-2")).status == .success)
        #expect(try Disk.entries(scene.base) == [".berth", "pvc-2"])
    }
}
