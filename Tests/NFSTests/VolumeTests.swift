import DriverProtocol
import Glibc
import JSONTree
import NFSTestServer
import Testing

/// Versions of NFS that the driver speaks: everything is tested with each.
let versions = ["3", "4"]

@Suite("An NFS volume", .withServer)
struct VolumeTests {
    private static let emptyShare = [".berth"]

    @Test("made twice is one directory, and the answer is the same", arguments: versions)
    func provisionTwice(version: String) throws {
        let scene = try Scene(version: version)
        let first = try scene.provision()
        #expect(
            first.volumeSource == [
                "nfs": [
                    "server": "127.0.0.1",
                    "path": .string(scene.config["share"].flatMap(\.stringValue).map { $0 + "/pvc-1" } ?? ""),
                ]
            ])
        try Disk.write("data", to: scene.root + "/pvc-1/file")
        #expect(try scene.provision() == first)
        #expect(try Disk.read(scene.root + "/pvc-1/file") == "data")
        #expect(try scene.list() == ["pvc-1"])
    }

    @Test("deleted twice is gone with all it held and all that was remembered of it", arguments: versions)
    func deleteTwice(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        try Disk.makeDirectory(scene.root + "/pvc-1/directory")
        try Disk.write("data", to: scene.root + "/pvc-1/directory/file")
        for name in ["pvc-1", "pvc-1", "pvc-never"] { try scene.delete(name) }
        #expect(try Disk.entries(scene.root) == Self.emptyShare)
        for directory in try Disk.entries(scene.root + "/.berth") {
            #expect(try Disk.entries("\(scene.root)/.berth/\(directory)") == [], "\(directory)")
        }
    }

    @Test(
        "asked for again with other arguments is ALREADY_EXISTS, and left as it is",
        arguments: [
            ("size", 9 << 20, [:], "berth-1"), ("parameters", nil, ["mountPermissions": "700"], "berth-1"),
            ("path", nil, ["subDir": "else"], "berth-1"), ("owner", nil, [:], "berth-2"),
        ]
            as [(String, Int64?, [String: String], String)])
    func otherArguments(what: String, capacity: Int64?, parameters: [String: String], owner: String) throws {
        let scene = try Scene()
        try scene.provision()
        let outcome = try scene.run(
            scene.request(.provision, capacityBytes: capacity, parameters: parameters, owner: owner))
        #expect(outcome.reply.error?.code == .alreadyExists)
        #expect(outcome.reply.error?.outcome == .final)
        #expect(outcome.exitStatus == 1)
        #expect(try Disk.entries(scene.root) == [".berth", "pvc-1"])
    }

    @Test("has the mode, owner and group that the class says", arguments: versions)
    func attributes(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision(parameters: ["mountPermissions": "2775", "uid": "1234", "gid": "4321"])
        let status = try #require(Disk.status(scene.root + "/pvc-1"))
        #expect(status.st_mode & 0o7777 == 0o2775)
        #expect(status.st_uid == 1234)
        #expect(status.st_gid == 4321)
        try scene.provision("pvc-2")
        #expect(Disk.status(scene.root + "/pvc-2").map { $0.st_mode & 0o7777 } == 0o777)
    }

    @Test("is found by get, and not when its directory is gone", arguments: versions)
    func get(version: String) throws {
        let scene = try Scene(version: version)
        let made = try scene.provision()
        let request = scene.request(.get, context: made.context)
        #expect(try scene.call(request).volume == made)
        try #require(rmdir(scene.root + "/pvc-1") == 0)
        #expect(try scene.call(request).error?.code == .notFound)
        #expect(try scene.call(scene.request(.get, "pvc-never")).error?.code == .notFound)
    }

    @Test("is listed for its owner, page by page, also from shares that only a class names", arguments: versions)
    func list(version: String) throws {
        let scene = try Scene(version: version)
        let other = try Scene(version: version)
        let names = ["pvc-1", "pvc-2", "pvc-3", "pvc-4", "pvc-5"]
        for name in names { try scene.provision(name) }
        try scene.call(scene.request(.provision, "pvc-6", owner: "berth-2"))
        let share = try #require(other.config["share"]?.stringValue)
        let elsewhere = scene.request(.provision, "pvc-7", parameters: ["share": share])
        try #require(try scene.call(elsewhere).status == .success)
        #expect(Set(try scene.list()) == Set(names + ["pvc-7"]))
        #expect(try scene.list(pageSize: 2).sorted() == names + ["pvc-7"])
        #expect(try scene.list(owner: "berth-2") == ["pvc-6"])
        // The same host's, by another name of this driver.
        var again = scene.request(.list, nil)
        again.driver.name = "nfs-subdir"
        #expect(try scene.call(again).volumes == [])
    }

    @Test("is listed once, and its snapshot too, however many ways its classes name to the share", arguments: versions)
    func listedOnce(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision("pvc-1")
        let patient = scene.request(.provision, "pvc-2", parameters: ["timeoutSeconds": "20"])
        var parameters = scene.parameters
        parameters["server"] = "localhost"
        let byName = scene.request(.provision, "pvc-3", parameters: parameters)
        var request = scene.request(.provision, "pvc-4")
        request.driver.config = scene.config(version: version == "3" ? "4" : "3")
        for request in [patient, byName, request] {
            let reply = try scene.call(request)
            #expect(reply.status == .success, "\(reply.json)")
        }
        let names = ["pvc-1", "pvc-2", "pvc-3", "pvc-4"]
        for size in [nil, 1, 2, 3] { #expect(try scene.list(pageSize: size).sorted() == names) }
        var snapshot = scene.request(.createSnapshot, "pvc-1")
        snapshot.snapshot = SnapshotRequest(name: "snap-1")
        #expect(try scene.call(snapshot).status == .success)
        #expect(try scene.call(scene.request(.listSnapshots, nil)).snapshots?.map(\.id) == ["snap-1"])
    }

    @Test("grows on record", arguments: versions)
    func expand(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        let request = scene.request(.expandVolume, capacityBytes: 5 << 20)
        for _ in 0..<2 { #expect(try scene.call(request).volume?.capacityBytes == 5 << 20) }
        #expect(try scene.call(scene.request(.get)).volume?.capacityBytes == 5 << 20)
    }

    @Test("says what it holds, and when that is more than it should", arguments: versions)
    func stats(version: String) throws {
        let scene = try Scene(version: version)
        let request = scene.request(.provision, parameters: ["softQuota": "true"])
        let volume = try #require(try scene.call(request).volume)
        #expect(volume.context["berth.dev/check"] == "stats", "the host is to look after it")
        var stats = try #require(try scene.call(scene.request(.stats)).stats)
        #expect(!stats.abnormal)
        #expect(stats.usedFiles == 1)
        try Disk.makeDirectory(scene.root + "/pvc-1/directory")
        try Disk.write(String(repeating: "x", count: 2 << 20), to: scene.root + "/pvc-1/directory/file")
        stats = try #require(try scene.call(scene.request(.stats)).stats)
        #expect(stats.abnormal)
        #expect(stats.usedFiles == 3)
        #expect((stats.usedBytes ?? 0) >= 2 << 20)
        #expect(stats.availableBytes == 0)
    }

    @Test("goes to the share that an earlier call chose, of several", arguments: versions)
    func severalShares(version: String) throws {
        let first = try Scene(version: version)
        let second = try Scene(version: version)
        let shares = [first, second].compactMap { $0.config["share"]?.stringValue }.joined(separator: ", ")
        let request = first.request(.provision, parameters: ["share": shares])
        let made = try #require(try first.call(request).volume)
        #expect(try first.call(request).volume == made)
        let holders = try [first, second].filter { try Disk.entries($0.root).contains("pvc-1") }
        #expect(holders.count == 1)
        // Without what provision answered, as after a lost reply.
        #expect(try first.call(first.request(.delete, parameters: ["share": shares])).status == .success)
        #expect(try Disk.entries(holders[0].root) == Self.emptyShare)
    }

    @Test("the driver says how much room is left, and that it is ready", arguments: versions)
    func capacityAndStatus(version: String) throws {
        let scene = try Scene(version: version)
        #expect((try scene.call(scene.request(.capacity, nil)).capacity?.availableBytes ?? 0) > 0)
        #expect(try scene.call(scene.request(.status, nil)).status == .success)
    }

    @Test("a dry run makes nothing, and says what provision would", arguments: versions)
    func validate(version: String) throws {
        let scene = try Scene(version: version)
        var request = scene.request(.validate, capacityBytes: 1 << 20)
        #expect(try scene.call(request).volume?.id == "pvc-1")
        #expect(try Disk.entries(scene.root) == [])
        try Disk.makeDirectory(scene.root + "/pvc-1")
        #expect(try scene.call(request).error?.code == .alreadyExists)
        request.parameters = ["onDelete": "shred"]
        #expect(try scene.call(request).error?.code == .invalidArgument)
    }

    @Test("many made at once over a resident driver are as many directories", arguments: versions)
    func atOnce(version: String) throws {
        let scene = try Scene(version: version)
        let driver = try ResidentDriver(scene)
        let names = (0..<40).map { "pvc-\($0)" }
        for verb in [Verb.provision, .delete] {
            for name in names { driver.send(scene.request(verb, name, callID: name)) }
            for _ in names { #expect(try driver.reply().status == .success) }
            #expect(try Disk.entries(scene.root) == (verb == .provision ? [".berth"] + names.sorted() : [".berth"]))
        }
    }
}
