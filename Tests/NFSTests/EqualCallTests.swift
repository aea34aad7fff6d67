import DriverProtocol
import Glibc
import JSONTree
import NFSTestServer
import TestSupport
import Testing

/// Each answers Success or ABORTED, and no Success is taken back.
@Suite("Equal calls about an NFS volume at the same moment", .withServer)
struct EqualCallTests {
    /// A volume `pvc-1` with some content, and the request for a copy of it.
    private static func clone(in scene: Scene) throws -> DriverRequest {
        try scene.provision()
        for number in 0..<20 { try Disk.write("\(number)", to: "\(scene.root)/pvc-1/\(number)") }
        return scene.request(.provision, "pvc-2", contentSource: .volume(.init(id: "pvc-1")))
    }

    private static func snapshot(in scene: Scene, _ verb: Verb = .createSnapshot) -> DriverRequest {
        var request = scene.request(verb, verb == .createSnapshot ? "pvc-1" : nil)
        request.snapshot = SnapshotRequest(name: "snapshot-1")
        return request
    }

    private static func expectWhole(_ copy: String, _ scene: Scene) throws {
        #expect(try Disk.entries("\(scene.root)/\(copy)").count == 20)
        #expect(try Disk.read("\(scene.root)/\(copy)/19") == "19")
        #expect(try Disk.entries("\(scene.root)/.berth/copies") == [])
    }

    // MARK: Copies

    @Test("a clone that another process is making is ABORTED, and the other's succeeds", arguments: versions)
    func clone(version: String) throws {
        let scene = try Scene(version: version)
        let request = try Self.clone(in: scene)
        let (reply, other) = try scene.call(request, before: .rename("volume-pvc-2")) { try scene.call(request) }
        #expect(other.error?.code == .aborted)
        #expect(other.error?.outcome == .unknown)
        #expect(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "")")
        #expect(try scene.list() == ["pvc-1", "pvc-2"])
        try Self.expectWhole("pvc-2", scene)
    }

    @Test("without a host's directory, calls of two processes take turns as well")
    func withoutHost() throws {
        let scene = try Scene()
        // Nobody else's on this machine.
        let request = scene.request(.provision, "pvc-\(getpid())")
        let (reply, other) = try scene.call(request, data: "", before: .makeLink("pvc-\(getpid())")) {
            try scene.run(request, data: "").reply
        }
        #expect(other.error?.code == .aborted)
        #expect(reply.status == .success)
    }

    @Test("a snapshot that another process is taking is ABORTED, and the other's succeeds", arguments: versions)
    func snapshot(version: String) throws {
        let scene = try Scene(version: version)
        _ = try Self.clone(in: scene)
        let request = Self.snapshot(in: scene)
        let (reply, other) = try scene.call(request, before: .rename("snapshot-snapshot-1")) { try scene.call(request) }
        #expect(other.error?.code == .aborted)
        #expect(reply.snapshot?.readyToUse == true, "\(reply.error.map { "\($0)" } ?? "")")
        try Self.expectWhole(".berth/content/snapshot-snapshot-1", scene)
    }

    @Test("a copy that another machine's call has put in place is the volume, for both", arguments: versions)
    func quickerElsewhere(version: String) throws {
        let scene = try Scene(version: version)
        let request = try Self.clone(in: scene)
        let (reply, other) = try scene.call(request, before: .rename("volume-pvc-2")) {
            try scene.callFromElsewhere(request)
        }
        #expect(other.status == .success)
        #expect(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "")")
        #expect(try scene.list() == ["pvc-1", "pvc-2"])
        try Self.expectWhole("pvc-2", scene)
    }

    @Test("a second copy of the same does not replace the volume, and goes", arguments: versions)
    func secondCopy(version: String) throws {
        let scene = try Scene(version: version)
        let request = try Self.clone(in: scene)
        let (reply, _) = try scene.call(request, before: .rename("volume-pvc-2")) {
            let copy = try PipedProcess([
                "/bin/cp", "-a", "\(scene.root)/.berth/copies/volume-pvc-2", "\(scene.root)/pvc-2",
            ])
            try #require(copy.wait() == 0)
            try Disk.write("new", to: "\(scene.root)/pvc-2/0")
        }
        #expect(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "")")
        #expect(try Disk.read("\(scene.root)/pvc-2/0") == "new")
        #expect(try scene.list() == ["pvc-1", "pvc-2"])
        try Self.expectWhole("pvc-2", scene)
    }

    @Test(
        "a copy that is taken away before it is in place is ABORTED, and its volume stays on record",
        arguments: versions)
    func copyTakenAway(version: String) throws {
        let scene = try Scene(version: version)
        let request = try Self.clone(in: scene)
        let (reply, _) = try scene.call(request, before: .rename("volume-pvc-2")) {
            Disk.removeTree("\(scene.root)/.berth/copies/volume-pvc-2")
        }
        #expect(reply.error?.code == .aborted)
        #expect(reply.error?.outcome == .unknown)
        #expect(try scene.list() == ["pvc-1", "pvc-2"])
        try #require(try scene.call(request).status == .success)
        try Self.expectWhole("pvc-2", scene)
    }

    @Test("a snapshot's name that another host has is ALREADY_EXISTS")
    func snapshotOwner() throws {
        let scene = try Scene()
        try scene.provision()
        var request = Self.snapshot(in: scene)
        try #require(try scene.call(request).status == .success)
        request.owner = "berth-2"
        #expect(try scene.call(request).error?.code == .alreadyExists)
    }

    // MARK: Several shares

    @Test("a volume that another process is putting into one of several shares is in no other", arguments: versions)
    func severalShares(version: String) throws {
        let scenes = [try Scene(version: version), try Scene(version: version)]
        let shares = scenes.compactMap { $0.config["share"]?.stringValue }
        // Both have as much room: the first is chosen.
        let requests = [shares, shares.reversed()].map { shares in
            scenes[0].request(.provision, config: ["share": .string(shares.joined(separator: ","))])
        }
        let (reply, other) = try scenes[0].call(requests[0], before: .makeLink("pvc-1")) {
            try scenes[0].call(requests[1])
        }
        #expect(other.error?.code == .aborted)
        #expect(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "")")
        #expect(try scenes[0].call(requests[1]).volume?.volumeSource == reply.volume?.volumeSource)
        #expect(scenes.filter { Disk.exists($0.root + "/pvc-1") }.count == 1)
    }

    // MARK: Marks

    @Test("a volume that another process grows is ABORTED, and the other's succeeds", arguments: versions)
    func expand(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        let request = scene.request(.expandVolume, capacityBytes: 5 << 20)
        let (reply, other) = try scene.call(request, before: .rename("pvc-1~new")) { try scene.call(request) }
        #expect(other.error?.code == .aborted)
        #expect(reply.volume?.capacityBytes == 5 << 20, "\(reply.error.map { "\($0)" } ?? "")")
        #expect(try scene.call(scene.request(.get)).volume?.capacityBytes == 5 << 20)
    }

    @Test("a volume that another machine's call has grown meanwhile is ABORTED, and has grown", arguments: versions)
    func grownElsewhere(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        let request = scene.request(.expandVolume, capacityBytes: 5 << 20)
        let (reply, other) = try scene.call(request, before: .rename("pvc-1~new")) {
            try scene.callFromElsewhere(request)
        }
        #expect(other.volume?.capacityBytes == 5 << 20)
        #expect(reply.error?.code == .aborted)
        #expect(try scene.call(request).volume?.capacityBytes == 5 << 20)
        #expect(try Disk.entries("\(scene.root)/.berth/volumes") == ["pvc-1"])
    }

    @Test("a volume is found by get, and grown, while its mark is replaced", arguments: versions)
    func markReplaced(version: String) throws {
        for verb in [Verb.get, .expandVolume] {
            let scene = try Scene(version: version)
            try scene.provision()
            let request = scene.request(verb, capacityBytes: verb == .get ? nil : 5 << 20)
            let expansion = scene.request(.expandVolume, capacityBytes: 5 << 20)
            let (reply, other) = try scene.call(request, before: .readLink) { try scene.callFromElsewhere(expansion) }
            #expect(other.status == .success)
            #expect(reply.volume?.capacityBytes == 5 << 20, "\(reply.error.map { "\($0)" } ?? "")")
        }
    }

    @Test("a volume or snapshot that is deleted while a list is read is left out of it", arguments: versions)
    func deletedFromList(version: String) throws {
        let scene = try Scene(version: version)
        for name in ["pvc-1", "pvc-2"] { try scene.provision(name) }
        try #require(try scene.call(Self.snapshot(in: scene)).status == .success)
        let (volumes, _) = try scene.call(scene.request(.list, nil), before: .readLink) { try scene.delete() }
        #expect(volumes.volumes?.map(\.name) == ["pvc-2"], "\(volumes.error.map { "\($0)" } ?? "")")
        let (snapshots, deletion) = try scene.call(scene.request(.listSnapshots, nil), before: .readLink) {
            try scene.call(Self.snapshot(in: scene, .deleteSnapshot))
        }
        #expect(deletion.status == .success)
        #expect(snapshots.snapshots == [], "\(snapshots.error.map { "\($0)" } ?? "")")
    }

    @Test("a snapshot that another machine's call deletes meanwhile is deleted, for both")
    func snapshotDeletedElsewhere() throws {
        let scene = try Scene()
        _ = try Self.clone(in: scene)
        try #require(try scene.call(Self.snapshot(in: scene)).status == .success)
        let request = Self.snapshot(in: scene, .deleteSnapshot)
        let (reply, other) = try scene.call(request, before: .readDirectory) { try scene.callFromElsewhere(request) }
        #expect(other.status == .success)
        #expect(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "")")
    }

    // MARK: Many

    @Test("of many in as many processes each answers Success or ABORTED, and the volume is whole", arguments: versions)
    func many(version: String) throws {
        let scene = try Scene(version: version)
        let clone = try Self.clone(in: scene)
        for _ in 0..<3 {
            for request in [
                clone, Self.snapshot(in: scene), scene.request(.expandVolume, "pvc-2", capacityBytes: 5 << 20),
                Self.snapshot(in: scene, .deleteSnapshot), scene.request(.delete, "pvc-2"),
            ] {
                for child in try (0..<6).map({ _ in try scene.start(request) }) {
                    let reply = try Scene.outcome(of: child).reply
                    #expect(
                        reply.status == .success || reply.error?.code == .aborted,
                        "\(request.verb): \(reply.error.map { "\($0)" } ?? "\(reply.status)")")
                }
                try #require(try scene.call(request).status == .success)
                if request.verb == .provision { try Self.expectWhole("pvc-2", scene) }
            }
            #expect(try scene.list() == ["pvc-1"])
        }
    }
}
