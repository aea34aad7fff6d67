import BlockDevices
import DriverProtocol
import Foundation
import Glibc
import Testing

@Suite("A disk of this machine", .serialized, .enabled(if: LoopDevice.obstacle == nil, "\(LoopDevice.obstacle ?? "")"))
struct DiskMountingTests {
    private let deadline = ContinuousClock.now + .seconds(60)

    @Test(
        "it is given a file system, and keeps what is written to it; each step succeeds twice",
        arguments: ["ext4", "xfs"])
    func journey(type: String) async throws {
        try await LoopDevice.with { disk in
            let staging = DiskMounting.Staging(
                try FileSystemType(named: type), mountOptions: ["noatime,defaults", "nodev"])
            let (stage, pod) = (disk.path("plugins/a/stage"), disk.path("pods/1/volume"))
            #expect(try await disk.device.content(deadline: deadline) == .nothing)
            for _ in 0..<2 { try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline) }
            for _ in 0..<2 { try DiskMounting.publish(staged: stage, at: pod, readOnly: false) }
            try Data("kept".utf8).write(to: URL(fileURLWithPath: pod + "/file"))
            #expect(try await disk.device.content(deadline: deadline) == .fileSystem(type))
            #expect(try BlockDevice.mounted(at: stage) == disk.device)
            #expect(try BlockDevice.mounted(at: pod) == disk.device)
            for _ in 0..<2 { try await DiskMounting.unmount(pod) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: pod).isEmpty)
            for _ in 0..<2 { try await DiskMounting.unmount(stage) }
            #expect(try BlockDevice.mounted(at: stage) == nil)
            try await DiskMounting.unmount(disk.path("never/mounted"))

            try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline)
            #expect(try String(contentsOfFile: stage + "/file", encoding: .utf8) == "kept")
        }
    }

    @Test("read-only, nothing can be written; also when the call before was ended half-way")
    func readOnly() async throws {
        try await LoopDevice.with { disk in
            let (stage, pod) = (disk.path("stage"), disk.path("pod"))
            try await DiskMounting.stage(
                disk.device, at: stage, DiskMounting.Staging(.ext4, mountOptions: ["nosuid"]), deadline: deadline)
            // What a call leaves that was ended between binding and making it read-only.
            try DiskMounting.publish(staged: stage, at: pod, readOnly: false)
            try DiskMounting.publish(staged: stage, at: pod, readOnly: true)
            #expect(open(pod + "/file", O_WRONLY | O_CREAT, 0o600) == -1 && errno == EROFS)
            var status = statvfs()
            #expect(statvfs(pod, &status) == 0)
            #expect(status.f_flag & UInt(ST_NOSUID) != 0)
            #expect(access(stage, W_OK) == 0)
            try await DiskMounting.unmount(pod)
            try await DiskMounting.unmount(stage)

            try await DiskMounting.stage(
                disk.device, at: stage, DiskMounting.Staging(.ext4, readOnly: true), deadline: deadline)
            #expect(open(stage + "/file", O_WRONLY | O_CREAT, 0o600) == -1 && errno == EROFS)
        }
    }

    @Test("a block volume is the device itself, at a file")
    func blockVolume() async throws {
        try await LoopDevice.with { disk in
            let target = disk.path("pod-device")
            for _ in 0..<2 { try DiskMounting.publish(disk.device, asFile: target, readOnly: false) }
            #expect(try BlockDevice.mounted(at: target) == disk.device)
            #expect(try DiskMounting.stats(of: target).totalBytes == 320 << 20)
            try disk.write("raw", at: 4096)
            let file = try #require(FileHandle(forReadingAtPath: target))
            try file.seek(toOffset: 4096)
            #expect(try file.read(upToCount: 3) == Data("raw".utf8))
            try file.close()
            for _ in 0..<2 { try await DiskMounting.unmount(target) }
            #expect(access(target, F_OK) == -1)
            mkdir(disk.path("directory"), 0o700)
            let error = #expect(throws: DriverError.self) {
                try DiskMounting.publish(disk.device, asFile: disk.path("directory"), readOnly: false)
            }
            #expect(error?.message.contains("is a directory") == true)
        }
    }

    @Test("the file system takes what the disk has grown by, in use", arguments: ["ext4", "xfs"])
    func growth(type: String) async throws {
        try await LoopDevice.with { disk in
            let stage = disk.path("stage")
            let staging = DiskMounting.Staging(try FileSystemType(named: type))
            try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline)
            let before = try #require(try DiskMounting.stats(of: stage).totalBytes)
            try await disk.grow(toMebibytes: 640)
            guard try type == "xfs" || LoopDevice.mayGrowMountedExt4 else {
                let error = await #expect(throws: DriverError.self) {
                    try await DiskMounting.growFileSystem(on: disk.device, mountedAt: stage, deadline: deadline)
                }
                #expect(error?.message.contains("CAP_SYS_RESOURCE") == true)
                return
            }
            for _ in 0..<2 {
                try await DiskMounting.growFileSystem(on: disk.device, mountedAt: stage, deadline: deadline)
            }
            let after = try #require(try DiskMounting.stats(of: stage).totalBytes)
            #expect(after > before + (280 << 20))
        }
    }

    @Test("a file system on a larger disk takes all of it when it is mounted", arguments: ["ext4", "xfs"])
    func growthWhenStaged(type: String) async throws {
        try await LoopDevice.with { disk in
            let stage = disk.path("stage")
            let staging = DiskMounting.Staging(try FileSystemType(named: type))
            try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline)
            let before = try #require(try DiskMounting.stats(of: stage).totalBytes)
            try await DiskMounting.unmount(stage)
            try await disk.grow(toMebibytes: 640)
            for _ in 0..<2 {
                try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline)
                let after = try #require(try DiskMounting.stats(of: stage).totalBytes)
                #expect(after > before + (280 << 20))
                try await DiskMounting.unmount(stage)
            }
            await #expect(throws: DriverError.self) {
                try await DiskMounting.growFileSystem(on: disk.device, mountedAt: stage, deadline: deadline)
            }
        }
    }

    @Test("a disk that holds something else is left alone")
    func otherContent() async throws {
        try await LoopDevice.with { disk in
            // A DOS partition table with one entry, as far as libblkid asks for it.
            var table = [UInt8](repeating: 0, count: 66)
            (table[4], table[8], table[12]) = (0x83, 0x80, 0xFF)
            (table[64], table[65]) = (0x55, 0xAA)
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: disk.device.path))
            try file.seek(toOffset: 446)
            try file.write(contentsOf: Data(table))
            try file.close()
            #expect(try await disk.device.content(deadline: deadline) == .other("a partition table (dos)"))
            let error = await #expect(throws: DriverError.self) {
                try await DiskMounting.stage(
                    disk.device, at: disk.path("stage"), DiskMounting.Staging(.ext4), deadline: deadline)
            }
            #expect(error?.code == .failedPrecondition)
            #expect(error?.message.contains("a partition table (dos)") == true)
            #expect(try await disk.device.content(deadline: deadline) == .other("a partition table (dos)"))
        }
    }

    @Test("a restored disk is never given a file system, and a disk keeps the one that it has")
    func neverOverContent() async throws {
        try await LoopDevice.with { disk in
            let stage = disk.path("stage")
            var staging = DiskMounting.Staging(.ext4, mayFormat: false)
            let error = await #expect(throws: DriverError.self) {
                try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline)
            }
            #expect(error?.message.contains("holds no file system") == true)
            #expect(try await disk.device.content(deadline: deadline) == .nothing)
            staging.mayFormat = true
            staging.formatArguments = ["-b", "1024"]
            try await DiskMounting.stage(disk.device, at: stage, staging, deadline: deadline)
            try await DiskMounting.unmount(stage)
            try await DiskMounting.stage(disk.device, at: stage, DiskMounting.Staging(.xfs), deadline: deadline)
            #expect(try await disk.device.content(deadline: deadline) == .fileSystem("ext4"))
        }
    }

    @Test("where something else is mounted, nothing is mounted over it")
    func occupied() async throws {
        try await LoopDevice.with { first in
            try await LoopDevice.with { second in
                let stage = first.path("stage")
                try await DiskMounting.stage(first.device, at: stage, DiskMounting.Staging(.ext4), deadline: deadline)
                let error = await #expect(throws: DriverError.self) {
                    try await DiskMounting.stage(
                        second.device, at: stage, DiskMounting.Staging(.ext4), deadline: deadline)
                }
                #expect(error?.message.contains("something else is mounted at \(stage)") == true)
                #expect(try await second.device.content(deadline: deadline) == .nothing)
            }
        }
    }

    @Test("a mount that is in use is not taken away")
    func busy() async throws {
        try await LoopDevice.with { disk in
            let stage = disk.path("stage")
            try await DiskMounting.stage(disk.device, at: stage, DiskMounting.Staging(.ext4), deadline: deadline)
            let descriptor = open(stage, O_RDONLY | O_CLOEXEC)
            let error = await #expect(throws: DriverError.self) { try await DiskMounting.unmount(stage) }
            #expect(error?.code == .failedPrecondition)
            close(descriptor)
            try await DiskMounting.unmount(stage)
        }
    }

    @Test("what is in use for a moment only is unmounted")
    func brieflyBusy() async throws {
        try await LoopDevice.with { disk in
            let stage = disk.path("stage")
            for _ in 0..<20 {
                try await DiskMounting.stage(disk.device, at: stage, DiskMounting.Staging(.ext4), deadline: deadline)
                let file = open(stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                async let unmounted: Void = DiskMounting.unmount(stage)
                await Task.yield()
                close(file)
                try await unmounted
                #expect(try BlockDevice.mounted(at: stage) == nil)
            }
        }
    }

    @Test("an option that the file system does not know is the volume's fault")
    func unknownOption() async throws {
        try await LoopDevice.with { disk in
            let error = await #expect(throws: DriverError.self) {
                try await DiskMounting.stage(
                    disk.device, at: disk.path("stage"), DiskMounting.Staging(.ext4, mountOptions: ["no-such-thing"]),
                    deadline: deadline)
            }
            #expect(error?.field == "volume.mountOptions")
            #expect(error?.message.contains("no-such-thing") == true)
        }
    }

    @Test("a disk is found by any of its names, when it comes")
    func appearing() async throws {
        try await LoopDevice.with { disk in
            async let found = BlockDevice.appearing(
                as: ["by-id/other", "by-id/disk-1"], in: disk.path("dev"), deadline: deadline)
            mkdir(disk.path("dev"), 0o700)
            mkdir(disk.path("dev/by-id"), 0o700)
            symlink(disk.device.path, disk.path("dev/by-id/disk-1"))
            let device = try await found
            #expect(device == disk.device)
        }
    }
}

@Suite("What is no disk, and programs of the system")
struct SystemProgramTests {
    @Test("a disk that does not come is told by the names that were looked for")
    func missing() async throws {
        let error = await #expect(throws: DriverError.self) {
            _ = try await BlockDevice.appearing(
                as: ["a", "null"], in: "/dev", deadline: .now + .milliseconds(50))
        }
        #expect(error?.code == .deadlineExceeded)
        #expect(error?.message.contains("/dev/a or /dev/null") == true)
        #expect(error?.message.contains("/dev/null is there, but is no block device") == true)
        #expect(throws: DriverError.self) { try BlockDevice(path: "/dev/null") }
    }

    @Test("a file system that is not made here is refused by name")
    func unknownType() throws {
        let error = #expect(throws: DriverError.self) { try FileSystemType(named: "ntfs") }
        #expect(error?.field == "volume.fsType")
        #expect(try FileSystemType(named: nil) == .ext4)
        #expect(try FileSystemType(named: "") == .ext4)
    }

    @Test("a program's status and output come back")
    func output() async throws {
        let shell = try SystemProgram("sh")
        let result = try await shell.run(["-c", "echo out; echo err >&2; exit 3"], deadline: nil)
        #expect(result.status == 3)
        #expect(result.output == "out\nerr\n")
        #expect(try await shell.run(["-c", "kill -9 $$"], deadline: nil).status == 137)
        // More than is kept must not make it wait.
        #expect(try await shell.run(["-c", "yes | head -c 1000000"], deadline: nil).output.utf8.count == 4095)
    }

    @Test("the deadline ends a program, and so does cancelling its task")
    func ending() async throws {
        let sleep = try SystemProgram("sleep")
        let error = await #expect(throws: DriverError.self) {
            _ = try await sleep.run(["600"], deadline: .now + .milliseconds(100))
        }
        #expect(error?.code == .deadlineExceeded)
        await #expect(throws: CancellationError.self) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { _ = try await sleep.run(["600"], deadline: nil) }
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    @Test("a program that is not installed is named, with its package")
    func notInstalled() {
        let error = #expect(throws: DriverError.self) { try SystemProgram("no-such-program") }
        #expect(error?.message == "no-such-program is not installed on this machine")
    }
}
