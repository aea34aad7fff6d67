import DriverProtocol
import JSONTree
import Testing

@testable import DriverHost

@Suite("A FlexVolume call's arguments")
struct FlexVolumeCalloutTests {
    private static let options =
        #"{"kubernetes.io/fsType":"ext4","kubernetes.io/pvOrVolumeName":"pv-1","kubernetes.io/readwrite":"rw","#
        + #""note":"it's \"x\"","share":"a/b"}"#
    private static let mountOptions =
        #"{"kubernetes.io/fsGroup":"2000","kubernetes.io/fsType":"ext4","kubernetes.io/pod.name":"web-0","#
        + #""kubernetes.io/pod.namespace":"shop","kubernetes.io/pod.uid":"5d7c","kubernetes.io/pvOrVolumeName":"pv-1","#
        + #""kubernetes.io/readwrite":"rw","kubernetes.io/secret/password":"aHVudGVyMi1odW50ZXIy","#
        + #""kubernetes.io/secret/pin":"Nw==","kubernetes.io/serviceAccount.name":"web","note":"it's \"x\"","#
        + #""share":"a/b"}"#

    private func request(_ verb: Verb, _ change: (inout DriverRequest) -> Void = { _ in }) -> DriverRequest {
        var call = FlexVolumeBench().call(verb)
        call.target = "/pods/1/pv-1"
        call.stagingTarget = "/staging/pv-1"
        var request = call.request(
            callID: "c-1", driver: DriverReference(name: FlexVolumeBench.name), owner: nil, timeout: .seconds(1),
            now: .now)
        change(&request)
        return request
    }

    @Test(
        "stand in the order of Kubernetes' code",
        arguments: [
            (Verb.initialize, []),
            (.getVolumeName, [options]),
            (.attach, [options, "worker-1"]),
            (.detach, ["pv-1", "worker-1"]),
            (.waitForAttach, ["/dev/sdx", options]),
            (.isAttached, [options, "worker-1"]),
            (.mountDevice, ["/staging/pv-1", "/dev/sdx", options]),
            (.unmountDevice, ["/staging/pv-1"]),
            (.mount, ["/pods/1/pv-1", mountOptions]),
            (.unmount, ["/pods/1/pv-1"]),
            (.expandVolume, [options, "/staging/pv-1", "2147483648", "1073741824"]),
            (.expandFS, [options, "/dev/sdx", "/staging/pv-1", "2147483648", "1073741824"]),
        ] as [(Verb, [String])])
    func order(verb: Verb, arguments: [String]) throws {
        #expect(try FlexVolumeCallout(request(verb)).arguments == [verb.rawValue] + arguments)
    }

    @Test("every call of FlexVolume is known")
    func complete() throws {
        for verb in Verb.flexVolumeCalls {
            #expect(try FlexVolumeCallout(request(verb)).arguments.first == verb.rawValue)
        }
    }

    @Test("no value of a secret is in what is recorded, however short it is")
    func recorded() throws {
        let recorded = try FlexVolumeCallout(request(.mount)).recordedArguments
        let options = try JSONParser.parse(Array(try #require(recorded.last).utf8))
        #expect(options["kubernetes.io/secret/password"] == "(removed)")
        #expect(options["kubernetes.io/secret/pin"] == "(removed)")
        #expect(options["share"] == "a/b")
    }

    @Test("a volume that is mounted read-only says ro, and one without a type of file system an empty one")
    func readOnly() throws {
        let callout = try FlexVolumeCallout(
            request(.mount) {
                $0.readOnly = true
                $0.volume?.fsType = nil
                $0.pod = nil
                $0.secrets = [:]
            })
        let options = try JSONParser.parse(Array(try #require(callout.arguments.last).utf8))
        #expect(
            options.stringDictionary == [
                "kubernetes.io/fsType": "", "kubernetes.io/readwrite": "ro", "kubernetes.io/pvOrVolumeName": "pv-1",
                "note": "it's \"x\"", "share": "a/b",
            ])
    }

    @Test("the volume's options come last and win, as in Kubernetes")
    func optionsWin() throws {
        let callout = try FlexVolumeCallout(
            request(.attach) {
                $0.parameters = ["share": "of the class", "pool": "p"]
                $0.volume?.context["kubernetes.io/mountsDir"] = "/mounts"
                $0.volume?.context["kubernetes.io/readwrite"] = "ro"
            })
        let options = try JSONParser.parse(Array(callout.arguments[1].utf8))
        #expect(options["share"] == "a/b")
        #expect(options["pool"] == "p")
        #expect(options["kubernetes.io/mountsDir"] == "/mounts")
        #expect(options["kubernetes.io/readwrite"] == "ro")
    }

    @Test("a volume that is nowhere mounted has the path that kubelet would mount its device at")
    func deviceMountPath() throws {
        let callout = try FlexVolumeCallout(request(.expandVolume) { $0.stagingTarget = nil })
        #expect(
            callout.arguments[2]
                == "/var/lib/kubelet/plugins/kubernetes.io/flexvolume/example.com/flex/mounts/pv-1")
    }

    @Test("a volume without a device has an empty one")
    func noDevice() throws {
        #expect(try FlexVolumeCallout(request(.mountDevice) { $0.device = nil }).arguments[2] == "")
    }

    @Test(
        "what FlexVolume has no call for is said so",
        arguments: Verb.all.filter { !Verb.flexVolumeCalls.contains($0) } + [Verb(rawValue: "frobnicate")])
    func noSuchCall(verb: Verb) {
        let problem = #expect(throws: FlexVolumeCallout.Problem.self) { _ = try FlexVolumeCallout(request(verb)) }
        guard case .noSuchCall(let reason) = problem else {
            Issue.record("\(verb): \(problem as Any)")
            return
        }
        #expect(reason.hasPrefix("FlexVolume has no such call"))
    }

    private static let unfitRequests: [(Verb, String, @Sendable (inout DriverRequest) -> Void)] = [
        (.attach, "node", { $0.node = nil }),
        (.detach, "node", { $0.node = nil }),
        (.mount, "volume", { $0.volume = nil }),
        (.mount, "target", { $0.target = nil }),
        (.mount, "target", { $0.target = "pods/1" }),
        (.mount, "volume.mountOptions", { $0.volume?.mountOptions = ["noatime"] }),
        (.mount, "volume.volumeMode", { $0.volume?.volumeMode = "Block" }),
        (.unmount, "target", { $0.target = nil }),
        (.mountDevice, "stagingTarget", { $0.stagingTarget = nil }),
        (.expandVolume, "volume.capacityBytes", { $0.volume?.capacityBytes = nil }),
        (.expandVolume, "volume.previousCapacityBytes", { $0.volume?.previousCapacityBytes = nil }),
        (
            .expandFS, "target",
            {
                $0.stagingTarget = nil
                $0.target = nil
            }
        ),
    ]

    @Test(
        "a request that lacks what the call needs, or wants what FlexVolume does not have, is not made",
        arguments: unfitRequests)
    func unfit(verb: Verb, field: String, change: @Sendable (inout DriverRequest) -> Void) {
        let problem = #expect(throws: FlexVolumeCallout.Problem.self) {
            _ = try FlexVolumeCallout(request(verb, change))
        }
        guard case .unfit(field, _) = problem else {
            Issue.record("\(verb): \(problem as Any)")
            return
        }
    }
}
