import DriverProtocol
import Glibc
import JSONTree
import NFSTestServer
import Testing

@testable import NFSDriver
@testable import StorageDriverKit

@Suite("A copy of an NFS volume", .withServer)
struct CopyTests {
    /// A volume with something of everything in it.
    private static func fill(_ directory: String) throws {
        try Disk.makeDirectory(directory + "/sub")
        try Disk.makeDirectory(directory + "/sub/empty")
        try Disk.write("content", to: directory + "/sub/file")
        try Disk.write("", to: directory + "/nothing")
        try Disk.write(
            String(decoding: (0..<900_000).map { UInt8(ascii: "a") + UInt8($0 / 7 % 26) }, as: UTF8.self),
            to: directory + "/large")
        try Disk.makeLink(directory + "/link", to: "/etc/passwd")
        try Disk.write("end", to: directory + "/sparse")
        try #require(truncate(directory + "/sparse", 40 << 20) == 0)
        try #require(chown(directory + "/sub/file", 12, 34) == 0)
        try #require(chmod(directory + "/sub/file", 0o4751) == 0)
        try #require(lchown(directory + "/link", 56, 78) == 0)
        try #require(chmod(directory + "/sub", 0o2550) == 0)
        try #require(mkfifo(directory + "/pipe", 0o600) == 0)
    }

    private static func expectEqual(_ copy: String, _ original: String) throws {
        for path in ["", "/sub", "/sub/empty", "/sub/file", "/nothing", "/large", "/link", "/sparse"] {
            let left = try #require(Disk.status(copy + path), "\(path)")
            let right = try #require(Disk.status(original + path))
            #expect(left.st_mode == right.st_mode, "\(path)")
            #expect(left.st_uid == right.st_uid && left.st_gid == right.st_gid, "\(path)")
            if right.st_mode & S_IFMT == S_IFREG { #expect(left.st_size == right.st_size, "\(path)") }
            if right.st_mode & S_IFMT != S_IFLNK { #expect(left.st_mtim.tv_nsec == right.st_mtim.tv_nsec, "\(path)") }
        }
        #expect(try Disk.read(copy + "/sub/file") == "content")
        #expect(try Disk.read(copy + "/large") == Disk.read(original + "/large"))
        #expect(Disk.link(at: copy + "/link") == "/etc/passwd")
        #expect(try #require(Disk.status(copy + "/sparse")).st_blocks < 2048)
        #expect(!Disk.exists(copy + "/pipe"))
    }

    @Test("has everything that the volume has: content, modes, owners, times, links and holes", arguments: versions)
    func clone(version: String) throws {
        let scene = try Scene(version: version)
        let made = try scene.provision()
        try Self.fill(scene.root + "/pvc-1")
        let source = ContentSource.volume(.init(id: "pvc-1", context: made.context))
        for _ in 0..<2 { #expect(try scene.provision("pvc-2", contentSource: source).contentSource == source) }
        try Self.expectEqual(scene.root + "/pvc-2", scene.root + "/pvc-1")
        #expect(try Disk.entries(scene.root + "/.berth/copies") == [])
    }

    @Test("as a snapshot keeps what the volume had, and is restored without the volume", arguments: versions)
    func snapshot(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        try Self.fill(scene.root + "/pvc-1")
        try Disk.write("kept", to: scene.root + "/pvc-1/changing")
        var request = scene.request(.createSnapshot)
        request.snapshot = SnapshotRequest(name: "snapshot-1")
        let taken = try #require(try scene.call(request).snapshot)
        #expect(taken.readyToUse)
        #expect(taken.sourceVolumeID == "pvc-1")
        try Disk.write("lost", to: scene.root + "/pvc-1/changing")
        #expect(try scene.call(request).snapshot == taken)
        #expect(try scene.call(scene.request(.listSnapshots, nil)).snapshots == [taken])
        // Content to compare with, elsewhere.
        let source = ContentSource.snapshot(.init(id: taken.id, context: taken.context))
        try scene.provision("pvc-2", contentSource: source)
        try Self.expectEqual(scene.root + "/pvc-2", scene.root + "/pvc-1")
        try scene.delete()
        try scene.provision("pvc-3", contentSource: source)
        #expect(try Disk.read(scene.root + "/pvc-3/changing") == "kept")
        var deletion = scene.request(.deleteSnapshot, nil)
        deletion.snapshot = SnapshotRequest(name: "snapshot-1", context: taken.context)
        for _ in 0..<2 { #expect(try scene.call(deletion).status == .success) }
        #expect(try scene.call(scene.request(.listSnapshots, nil)).snapshots == [])
        for directory in ["content", "copies", "snapshots"] {
            #expect(try Disk.entries("\(scene.root)/.berth/\(directory)") == [])
        }
    }

    @Test("of what does not exist is NOT_FOUND, and leaves nothing behind", arguments: versions)
    func missing(version: String) throws {
        let scene = try Scene(version: version)
        let reply = try scene.call(
            scene.request(.provision, contentSource: .snapshot(.init(id: "snapshot-never"))))
        #expect(reply.error?.code == .notFound)
        #expect(try scene.list() == [])
    }

    @Test(
        "that takes longer than a call is pending, and each call gets ahead, however little time it has",
        arguments: versions)
    func pending(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        for number in 0..<40 { try Disk.write("\(number)", to: scene.root + "/pvc-1/\(number)") }
        // Several pieces.
        let large = String(repeating: "large", count: 200_000)
        try Disk.write(large, to: scene.root + "/pvc-1/large")
        let request = scene.request(
            .provision, "pvc-2", contentSource: .volume(.init(id: "pvc-1")), timeout: .zero)
        let configuration = try DriverConfiguration(request)
        let call = VolumeCall(volume: try #require(request.volume), capacityBytes: 1 << 20, request: request)
        let plan = try VolumePlan(call, configuration, createdAt: "2026-11-26T00:00:00Z")
        let session = try Session(plan.parameters.exports[0], credential: configuration.credential)
        var copied: Int64 = 0
        while true {
            do {
                _ = try VolumeProvisioning(session: session, plan: plan, budget: WorkBudget(request)).run()
                break
            } catch is PendingOperation {
                let staged = scene.root + "/.berth/copies/volume-pvc-2"
                let now = try Disk.entries(staged).reduce(0) {
                    $0 + Int64(Disk.status("\(staged)/\($1)")?.st_size ?? 0)
                }
                try #require(now > copied)
                copied = now
                #expect(!Disk.exists(scene.root + "/pvc-2"))
            }
        }
        #expect(copied > 0)
        #expect(try Disk.entries(scene.root + "/pvc-2").count == 41)
        #expect(try Disk.read(scene.root + "/pvc-2/39") == "39")
        #expect(try Disk.read(scene.root + "/pvc-2/large") == large)
    }
}
