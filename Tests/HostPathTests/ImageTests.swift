import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import HostPathDriver

@Suite("A hostPath volume with enforceCapacity: image", .enabled(if: Images.canBeMade, "\(Images.reason)"))
struct ImageTests {
    private let scene: Scene
    private let parameters = ["enforceCapacity": "image"]

    init() throws { scene = try Scene() }

    private func provision(_ name: String = "pvc-1", capacityBytes: Int64 = 16 << 20) throws -> DriverReply {
        try scene.call(scene.request(.provision, name, capacityBytes: capacityBytes, parameters: parameters))
    }

    /// How many bytes go into a file before the file system says ENOSPC; `nil` if it never does.
    private func fill(_ path: String, upTo limit: Int) -> Int? {
        // Inherited by a driver that a test beside starts, it would keep the mount busy.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x78, count: 1 << 20)
        var written = 0
        while written < limit {
            let count = write(descriptor, block, block.count)
            if count < 0 { return errno == ENOSPC ? written : nil }
            written += count
        }
        return nil
    }

    @Test("says ENOSPC when it is full, has the class's mode, and begins empty")
    func full() throws {
        let reply = try provision()
        let path = try #require(reply.volume?.volumeSource?.at("hostPath", "path")?.stringValue, "\(reply.json)")
        #expect(reply.volume?.capacityBytes == 16 << 20)
        #expect(try Disk.entries(path) == [])
        #expect(try #require(Disk.status(path)).st_mode & 0o7777 == 0o770)
        let written = try #require(fill(path + "/file", upTo: 64 << 20))
        #expect((8 << 20...16 << 20).contains(written))
        let stats = try #require(try scene.call(scene.request(.stats)).stats)
        #expect((stats.usedBytes ?? 0) >= Int64(written))
        #expect((stats.totalBytes ?? .max) <= 16 << 20)
        for _ in 0..<2 { #expect(try scene.call(scene.request(.delete)).status == .success) }
        #expect(!Disk.exists(path))
        #expect(try Disk.entries(scene.base + "/.berth/images") == [])
    }

    @Test("is exactly as large as it says, and sparse")
    func size() throws {
        #expect(try provision(capacityBytes: (32 << 20) + 1).volume?.capacityBytes == (32 << 20) + 4096)
        let image = try #require(Disk.status(scene.base + "/.berth/images/pvc-1.img"))
        #expect(image.st_size == (32 << 20) + 4096)
        #expect(image.st_blocks * 512 < 16 << 20)
        #expect(try scene.call(scene.request(.delete)).status == .success)
    }

    @Test("made twice is mounted once, keeps its data, and is mounted again after it was unmounted")
    func mountedOnce() throws {
        let first = try provision()
        let path = try #require(first.volume?.volumeSource?.at("hostPath", "path")?.stringValue)
        try Disk.write("data", to: path + "/file")
        #expect(try provision() == first)
        #expect(try Disk.read(path + "/file") == "data")
        try #require(umount(path) == 0)
        #expect(!Disk.exists(path + "/file"))
        #expect(try scene.call(scene.request(.status, nil)).status == .success)
        #expect(try Disk.read(path + "/file") == "data")
        #expect(try scene.call(scene.request(.delete)).status == .success)
    }

    @Test("is not touched by growing, where the machine does not let ext4 grow", .enabled(if: !Images.canGrow))
    func refusesToGrow() throws {
        _ = try provision()
        let error = try #require(try scene.call(scene.request(.expandVolume, capacityBytes: 48 << 20)).error)
        #expect(error.code == .failedPrecondition)
        #expect(error.outcome == .final)
        #expect(try #require(Disk.status(scene.base + "/.berth/images/pvc-1.img")).st_size == 16 << 20)
        #expect(try scene.call(scene.request(.get)).volume?.capacityBytes == 16 << 20)
        #expect(try scene.call(scene.request(.delete)).status == .success)
    }

    @Test("in use is not deleted")
    func busy() throws {
        let path = try #require(try provision().volume?.volumeSource?.at("hostPath", "path")?.stringValue)
        try Disk.write("data", to: path + "/file")
        let inUse = open(path + "/file", O_RDONLY | O_CLOEXEC)
        let busy = try #require(try scene.call(scene.request(.delete)).error)
        #expect(busy.code == .failedPrecondition)
        #expect(try Disk.read(path + "/file") == "data")
        close(inUse)
        #expect(try scene.call(scene.request(.delete)).status == .success)
    }

    @Test("grows while it is in use", .enabled(if: Images.canGrow, "needs CAP_SYS_RESOURCE"))
    func grow() throws {
        let path = try #require(try provision().volume?.volumeSource?.at("hostPath", "path")?.stringValue)
        try Disk.write("data", to: path + "/file")
        let inUse = open(path + "/file", O_RDONLY | O_CLOEXEC)
        for _ in 0..<2 {
            let reply = try scene.call(scene.request(.expandVolume, capacityBytes: 48 << 20))
            #expect(reply.volume?.capacityBytes == 48 << 20, "\(reply.json)")
            #expect(!reply.nodeExpansionRequired)
        }
        #expect((try scene.call(scene.request(.stats)).stats?.totalBytes ?? 0) > 32 << 20)
        #expect(try Disk.read(path + "/file") == "data")
        close(inUse)
        #expect(try scene.call(scene.request(.delete)).status == .success)
    }

    @Test("killed while it is being made is one image and one mount by the same call again")
    func killed() throws {
        for round in 0..<8 {
            let request = scene.request(
                .provision, "pvc-\(round)", capacityBytes: 8 << 20, parameters: parameters)
            try DriverUnderTest.kill(request, afterMicroseconds: UInt32(round * 4000))
            let reply = try scene.call(request)
            #expect(reply.status == .success, "\(reply.json)")
        }
        #expect(try scene.list().count == 8)
        #expect(try Disk.entries(scene.base + "/.berth/images").count == 8)
        for round in 0..<8 {
            let path = "\(scene.base)/pvc-\(round)"
            try Disk.write("x", to: path + "/file")
            #expect(try scene.call(scene.request(.delete, "pvc-\(round)")).status == .success)
            // A second mount beneath the first would still be there.
            #expect(!Disk.exists(path))
        }
    }

    @Test("with onDelete: archive keeps the image")
    func archive() throws {
        let request = scene.request(
            .provision, capacityBytes: 8 << 20, parameters: ["enforceCapacity": "image", "onDelete": "archive"])
        let path = try #require(try scene.call(request).volume?.volumeSource?.at("hostPath", "path")?.stringValue)
        try Disk.write("data", to: path + "/file")
        for _ in 0..<2 { #expect(try scene.call(scene.request(.delete)).status == .success) }
        let archives = try Disk.entries(scene.base).filter { $0.hasPrefix("archived-pvc-1-") && $0.hasSuffix(".img") }
        #expect(archives.count == 1)
        #expect(try Disk.entries(scene.base) == [".berth"] + archives)
    }

    @Test("that cannot be mounted as its class wants leaves nothing, and says the same twice")
    func unknownMountOption() throws {
        var request = scene.request(.provision, parameters: parameters)
        request.volume?.mountOptions = ["unheard-of"]
        for _ in 0..<2 {
            let error = try #require(try scene.call(request).error)
            #expect(error.outcome == .final && error.message.contains("mount"), "\(error)")
            #expect(try Disk.entries(scene.base) == [".berth"])
            #expect(try Disk.entries(scene.base + "/.berth/images") == [])
        }
        #expect(try scene.list() == [])
    }

    @Test("larger than the disk, of a size that cannot be, or with another file system, is refused")
    func refused() throws {
        #expect(try provision(capacityBytes: 1 << 60).error?.code == .resourceExhausted)
        var request = scene.request(.provision, capacityBytes: 10, limitBytes: 100, parameters: parameters)
        #expect(try scene.call(request).error?.code == .outOfRange)
        request.volume?.limitBytes = nil
        request.volume?.fsType = "vfat"
        #expect(try scene.call(request).error?.field == "volume.fsType")
        #expect(try scene.list() == [])
    }
}

/// Whether this machine can make images at all, and why not.
enum Images {
    static let reason =
        geteuid() != 0
        ? "needs root"
        : access("/dev/loop-control", R_OK | W_OK) != 0
            ? "needs /dev/loop-control"
            : ImageFileSystem.program("mkfs.ext4") == nil
                ? "needs mkfs.ext4" : Privileges.canMount ? "" : "needs the right to mount"
    static let canBeMade = reason.isEmpty
    static let canGrow = ImageFileSystem.ext4.canGrowMounted
}
