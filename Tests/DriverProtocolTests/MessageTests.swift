import DriverProtocol
import JSONTree
import Testing

@Suite("Driver protocol messages")
struct MessageTests {
    @Test("a request with every member survives being written and read")
    func fullRequest() throws {
        var request = DriverRequest(
            verb: .provision, callID: "c-1", driver: DriverReference(name: "d", config: ["a": [1, 2]]),
            volume: VolumeRequest(
                name: "pvc-1", id: "i", capacityBytes: 5, limitBytes: 9, accessModes: ["ReadWriteOnce"],
                volumeMode: "Block", fsType: "xfs", mountOptions: ["ro"],
                contentSource: .snapshot(.init(id: "s", name: "snap", capacityBytes: 4, context: ["k": "v"])),
                topology: TopologyRequirement(requisite: [["zone": "a"]], preferred: [["zone": "b"]]),
                context: ["k": "v"]),
            parameters: ["p": "q"], secrets: ["password": "hunter2"],
            claim: ClaimReference(namespace: "ns", name: "c", uid: "u", labels: ["l": "m"], annotations: ["n": "o"]),
            deadline: "2026-11-22T10:00:30Z", timeout: .milliseconds(1500), owner: "berth-1")
        request.mutableParameters = ["iops": "3000"]
        request.node = NodeReference(name: "n", providerID: "aws:///i-1", labels: ["a": "b"])
        request.pod = PodReference(namespace: "ns", name: "web", uid: "u", serviceAccount: "web", fsGroup: 0)
        request.volume?.previousCapacityBytes = 4
        request.target = "/t"
        request.stagingTarget = "/s"
        request.device = "/dev/x"
        request.readOnly = true
        request.snapshot = SnapshotRequest(name: "snap", id: "s", parameters: ["a": "b"], context: ["c": "d"])
        request.paging = Paging(startingToken: "t", maxEntries: 7)
        #expect(try DriverRequest(json: JSONParser.parse(request.json.encoded)) == request)
        #expect(request.json["timeoutSeconds"] == .number("1.5"))
        #expect(request.json["protocol"] == "1.0")
    }

    @Test("a reply with every member survives being written and read")
    func fullReply() throws {
        var reply = DriverReply(.failure, callID: "c-1")
        reply.error = DriverError(
            .resourceExhausted, "full", field: "volume.capacityBytes", outcome: .unknown, retryAfter: .seconds(3),
            reschedule: true)
        reply.message = "m"
        reply.info = DriverInfo(
            name: "d", version: "1", capabilities: [Capability(.provision), .clone], parameters: ["type": "object"],
            mutableParameters: ["type": "object"], allocationUnitBytes: 512, minimumBytes: 1, maximumBytes: 2,
            accessModes: ["ReadWriteMany"], volumeModes: ["Block"], capacityEnforced: true, resident: true,
            maximumConcurrency: 4, timeouts: [.provision: .seconds(90)])
        reply.volume = ProvisionedVolume(
            id: "i", name: "n", capacityBytes: 3, volumeSource: ["nfs": ["server": "s", "path": "/p"]],
            context: ["k": "v"], topology: [["zone": "a"]], labels: ["l": "m"], contentSource: .volume(.init(id: "o")))
        reply.nodeExpansionRequired = true
        reply.volumes = []
        reply.snapshot = Snapshot(
            id: "s", name: "n", sourceVolumeID: "i", createdAt: "2026-11-22T10:00:30Z", sizeBytes: 4, readyToUse: false,
            context: ["k": "v"])
        reply.snapshots = []
        reply.nextToken = "t"
        reply.capacity = StorageCapacity(availableBytes: 1, maximumVolumeBytes: 2, minimumVolumeBytes: 3)
        reply.stats = VolumeStats(totalBytes: 1, usedBytes: 2, availableFiles: 3, abnormal: true, message: "m")
        reply.attached = false
        reply.device = "/dev/x"
        reply.operation = "op"
        reply.progress = OperationProgress(percent: 40, phase: "copying")
        #expect(try DriverReply(json: JSONParser.parse(reply.json.encoded)) == reply)
    }

    @Test("members that this version does not know are tolerated, and null counts as absent")
    func unknownMembers() throws {
        let reply = try DriverReply(json: [
            "protocol": "1.7", "status": "Success", "flavour": "new", "error": .null,
            "volume": ["id": "i", "colour": ["deep": true], "capacityBytes": .null],
        ])
        #expect(reply.volume == ProvisionedVolume(id: "i"))
        #expect(reply.error == nil)
    }

    @Test(
        "a member of the wrong type or out of its bounds is refused with its path, what was expected and what was found",
        arguments: [
            (#"{"status":"Success"}"#, "protocol: expected a string, found nothing"),
            (#"{"protocol":1,"status":"Success"}"#, "protocol: expected a string, found an integer"),
            (
                #"{"protocol":"1.0","status":"OK"}"#,
                #"status: expected "Success", "Failure", "Not supported" or "Pending", found "OK""#
            ),
            (
                #"{"protocol":"1.0","status":"Failure"}"#,
                "error: expected an object, since the status is Failure, found nothing"
            ),
            (
                #"{"protocol":"1.0","status":"Pending"}"#,
                "operation: expected a string that is not empty, since the status is Pending, found nothing"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volume":{"id":"i","capacityBytes":"8Gi"}}"#,
                "volume.capacityBytes: expected an integer of at least 0, found a string"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volume":{"id":"i","capacityBytes":-1}}"#,
                "volume.capacityBytes: expected an integer of at least 0, found -1"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volume":{"id":"i","capacityBytes":1.5}}"#,
                "volume.capacityBytes: expected an integer of at least 0, found 1.5"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volume":{"id":""}}"#,
                #"volume.id: expected a string that is not empty, found """#
            ),
            (
                #"{"protocol":"1.0","status":"Success","volume":{"id":"i","volumeSource":{"nfs":{},"csi":{}}}}"#,
                "volume.volumeSource: expected an object with one member that is an object, found the members nfs, csi"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volume":{"id":"i","context":{"k":1}}}"#,
                "volume.context.k: expected a string, found an integer"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volumes":[{"id":"i"},7]}"#,
                "volumes[1]: expected an object, found an integer"
            ),
            (
                #"{"protocol":"1.0","status":"Success","volumes":[{"id":"i"},{"name":"x"}]}"#,
                "volumes[1].id: expected a string, found nothing"
            ),
            (
                #"{"protocol":"1.0","status":"Pending","operation":"o","progress":{"percent":101}}"#,
                "progress.percent: expected an integer from 0 to 100, found 101"
            ),
            (
                #"{"protocol":"1.0","status":"Failure","error":{"code":"INTERNAL","message":"m","outcome":"maybe"}}"#,
                #"error.outcome: expected "final" or "unknown", found "maybe""#
            ),
            (
                #"{"protocol":"1.0","status":"Failure","error":{"code":"INTERNAL","message":"m","retryAfterSeconds":1e300}}"#,
                "error.retryAfterSeconds: expected a number of seconds from 0 to 1000000000, found 1e+300"
            ),
            ("[]", "the message: expected an object, found an array"),
        ])
    func wrongTypes(text: String, expected: String) throws {
        let json = try JSONParser.parse(text.utf8)
        let error = #expect(throws: ProtocolError.self) { try DriverReply(json: json) }
        #expect(error?.description == expected)
    }

    @Test("an integer written with an exponent is taken", arguments: [("1e9", 1_000_000_000), ("5.0", 5)])
    func floatingIntegers(literal: String, expected: Int64) throws {
        let json = try JSONParser.parse(#"{"id":"i","capacityBytes":\#(literal)}"#.utf8)
        #expect(try ProvisionedVolume(json: json).capacityBytes == expected)
    }

    @Test("no way of printing a request shows a secret")
    func secretsStaySecret() {
        let request = DriverRequest(
            verb: .provision, callID: "c", driver: DriverReference(name: "d"), volume: VolumeRequest(name: "v"),
            secrets: ["password": "hunter2"])
        var dumped = ""
        dump([request], to: &dumped)
        let printed = [
            "\(request)", String(reflecting: request), String(describing: [Optional(request)]), dumped,
            String(decoding: request.redacted.json.encoded, as: UTF8.self),
        ]
        #expect(printed.allSatisfy { !$0.contains("hunter2") })
        #expect(request.redacted.secrets == ["password": DriverRequest.redactedValue])
    }

    @Test("a secret of the wrong type is refused without being quoted")
    func secretNotQuoted() throws {
        let json = try JSONParser.parse(
            #"{"protocol":"1.0","verb":"init","callID":"c","driver":{"name":"d"},"secrets":{"pin":1234}}"#.utf8)
        let error = #expect(throws: ProtocolError.self) { try DriverRequest(json: json) }
        #expect(error?.description == "secrets.pin: expected a string, found an integer")
    }

    @Test("an error that gives no outcome has its code's, and an unknown code's is unknown")
    func defaultOutcomes() throws {
        let outcomes = try ["INVALID_ARGUMENT", "UNAVAILABLE", "INTERNAL", "MADE_UP"].map {
            try DriverError(json: ["code": .string($0), "message": "m"]).outcome
        }
        #expect(outcomes == [.final, .unknown, .unknown, .unknown])
    }

    @Test("a success without what its verb promises is refused")
    func contentPerVerb() throws {
        let empty = DriverReply(.success)
        let promising: [Verb] = [
            .initialize, .provision, .get, .list, .expandVolume, .createSnapshot, .listSnapshots, .capacity, .modify,
            .stats, .isAttached, .waitForAttach,
        ]
        for verb in Verb.all {
            if promising.contains(verb) {
                #expect(throws: ProtocolError.self) { try empty.checkContent(for: verb) }
            } else {
                try empty.checkContent(for: verb)
            }
        }
        var withoutSource = DriverReply(.success)
        withoutSource.volume = ProvisionedVolume(id: "i")
        #expect(throws: ProtocolError.self) { try withoutSource.checkContent(for: .provision) }
    }

    @Test("a line to a resident driver is a request or a cancellation")
    func residentMessages() throws {
        let request = DriverRequest(verb: .status, callID: "c", driver: DriverReference(name: "d"))
        #expect(try ResidentMessage(json: request.json) == .request(request))
        #expect(try ResidentMessage(json: ["cancel": "c"]) == .cancel(callID: "c"))
    }

    @Test(
        "durations are written exactly",
        arguments: [(Duration.seconds(30), "30"), (.nanoseconds(1_000_001), "0.001000001")])
    func durations(duration: Duration, text: String) {
        let request = DriverRequest(
            verb: .status, callID: "c", driver: DriverReference(name: "d"), timeout: duration)
        #expect(request.json["timeoutSeconds"].map { String(decoding: $0.encoded, as: UTF8.self) } == text)
    }
}
