import DriverProtocol
import JSONTree
import Testing

@testable import StorageDriverKit

@Suite("What the kit makes of a driver")
struct VerbTableTests {
    private func reply(_ request: DriverRequest) async throws -> DriverReply {
        try await VerbTable(ProbeDriver()).reply(to: request) { CallInProgress(request).interruptionError() }
    }

    @Test("init's capabilities are the verbs that the type has, and the features that it names")
    func capabilities() async throws {
        let info = try #require(try await reply(.probe(.initialize)).info)
        #expect(
            info.capabilities.map(\.rawValue) == [
                "status", "validate", "provision", "delete", "list", "expandvolume", "clone",
            ])
    }

    @Test("every verb outside the capabilities is answered Not supported, and every one within is not")
    func capabilitiesAgree() async throws {
        let info = try #require(try await reply(.probe(.initialize)).info)
        for verb in Verb.all + [Verb(rawValue: "levitate")] {
            let isSupported = try await reply(.probe(verb)).status != .notSupported
            #expect(isSupported == info.supports(verb), "\(verb)")
        }
    }

    @Test("what the machine keeps the driver from doing is no capability, and is refused with the reason")
    func unavailable() async throws {
        var driver = ProbeDriver()
        driver.unavailable = [.list: "the kernel has no lists"]
        let table = try VerbTable(driver)
        #expect(!table.info.supports(.list))
        #expect(table.info.supports(.provision))
        let request = DriverRequest.probe(.list)
        let reply = await table.reply(to: request) { CallInProgress(request).interruptionError() }
        #expect(reply.status == .notSupported)
        #expect(reply.message == "probe does not offer the verb list: the kernel has no lists")
    }

    @Test("a success carries the call's id, the volume's name, and the parameters' defaults reached the handler")
    func success() async throws {
        let reply = try await reply(.probe(.provision))
        #expect(reply.status == .success)
        #expect(reply.callID == "c")
        #expect(reply.volume?.name == "v")
        #expect(reply.volume?.context == ["behaviour": "work"])
    }

    @Test(
        "a size is rounded up to the unit and the least size, or refused where the limit does not allow it",
        arguments: [
            (nil, nil, 200), (0, nil, 200), (201, nil, 300), (300, 300, 300), (10_000, nil, 10_000),
            (250, 290, nil), (300, 100, nil), (10_001, nil, nil), (Int64.max, nil, nil), (1, 150, nil),
        ] as [(Int64?, Int64?, Int64?)])
    func sizes(wanted: Int64?, limit: Int64?, made: Int64?) async throws {
        let reply = try await reply(.probe(.provision, capacityBytes: wanted, limitBytes: limit))
        #expect(reply.volume?.capacityBytes == made)
        if made == nil {
            #expect(reply.error?.code == .outOfRange)
            #expect(reply.error?.outcome == .final)
        }
    }

    @Test("a wrong parameter is refused before the handler runs, by provision and by validate")
    func parameters() async throws {
        for verb in [Verb.provision, .validate] {
            let error = try #require(try await reply(.probe(verb, parameters: ["behavior": "break"])).error)
            #expect(error.code == .invalidArgument)
            #expect(error.message == #"parameter "behavior" is unknown; did you mean "behaviour"?"#)
        }
    }

    @Test("a class that the schema no longer accepts does not keep a volume from being deleted")
    func deleteWithStaleParameters() async throws {
        #expect(try await reply(.probe(.delete, parameters: ["gone": "x"])).status == .success)
    }

    @Test("access modes, volume modes and content sources that the driver does not offer are refused")
    func modes() async throws {
        var request = DriverRequest.probe(.provision)
        request.volume?.accessModes = ["ReadWriteOnce", "ReadWriteMany"]
        #expect(try await reply(request).error?.field == "volume.accessModes")
        request.volume?.accessModes = []
        request.volume?.volumeMode = "Block"
        #expect(try await reply(request).error?.field == "volume.volumeMode")
        request.volume?.volumeMode = nil
        request.volume?.contentSource = .snapshot(.init(id: "s"))
        #expect(try await reply(request).error?.field == "volume.contentSource")
        request.volume?.contentSource = .volume(.init(id: "s"))
        #expect(try await reply(request).volume?.contentSource == request.volume?.contentSource)
    }

    @Test("a thrown DriverError is the reply's error; anything else is INTERNAL with an unknown outcome")
    func errors() async throws {
        #expect(
            try await reply(.probe(.provision, behaviour: "refuse")).error
                == DriverError(.resourceExhausted, "full", reschedule: true))
        let unforeseen = try #require(try await reply(.probe(.provision, behaviour: "break")).error)
        #expect(unforeseen.code == .internal)
        #expect(unforeseen.outcome == .unknown)
        #expect(unforeseen.message.contains("disk on fire"))
    }

    @Test("work that goes on behind is Pending")
    func pending() async throws {
        let reply = try await reply(.probe(.provision, behaviour: "pend"))
        #expect(reply.status == .pending)
        #expect(reply.operation == "op-1")
        #expect(reply.progress == OperationProgress(percent: 40, phase: "copying"))
    }

    @Test("a volume smaller than was asked for never reaches the host")
    func tooSmall() async throws {
        let error = try #require(try await reply(.probe(.provision, behaviour: "shrink")).error)
        #expect(error.code == .internal)
        #expect(error.outcome == .unknown)
    }

    @Test("a secret within an error's message is removed")
    func secretInMessage() async throws {
        let reply = try await reply(.probe(.provision, behaviour: "leak", secrets: ["password": "hunter2"]))
        #expect(reply.error?.message.contains("hunter2") == false)
        #expect(reply.error?.message.contains(DriverRequest.redactedValue) == true)
    }

    @Test("a call about a volume that names none is refused")
    func missingVolume() async throws {
        #expect(try await reply(.probe(.provision, nil)).error?.field == "volume")
        #expect(try await reply(.probe(.expandVolume, capacityBytes: nil)).error?.field == "volume.capacityBytes")
    }

    @Test("a request of another major version is refused with the versions that there are")
    func version() async throws {
        var request = DriverRequest.probe(.provision)
        request.protocolVersion = "2.0"
        let error = try #require(try await reply(request).error)
        #expect(error.message == "the request is written in protocol 2.0; this driver speaks 1.0")
    }

    @Test("a schema that is wrong is the author's error, named with its path")
    func wrongSchema() {
        var driver = ProbeDriver()
        driver.info.parameters = ["properties": ["a": ["type": "text"]]]
        let error = #expect(throws: ProtocolError.self) { try VerbTable(driver) }
        #expect(error?.path == "info.parameters.properties.a.type")
    }

    @Test("what a driver says of itself can depend on how it is registered, and each call is checked by its own")
    func registrations() async throws {
        let table = try VerbTable(ProbeDriver())
        func volume(_ config: JSONObject) async throws -> Int64? {
            var request = DriverRequest.probe(.provision, capacityBytes: 0)
            request.driver.config = config
            return await table.reply(to: request) { CallInProgress(request).interruptionError() }.volume?.capacityBytes
        }
        #expect(try await volume([:]) == 200)
        #expect(try await volume(["smallest": 300]) == 300)
        #expect(try await volume([:]) == 200)
        var request = DriverRequest.probe(.initialize)
        request.driver.config = ["smallest": 400]
        let info = await table.reply(to: request) { CallInProgress(request).interruptionError() }.info
        #expect(info?.minimumBytes == 400)
    }
}
