import BlockDevices
import Foundation
import Glibc
import TestSupport

/// A disk for a test: a sparse file behind a loop device.
struct LoopDevice {
    let device: BlockDevice
    let directory: String
    private let image: String

    /// Why there can be none here; `nil` where there can.
    static let obstacle: String? = {
        guard geteuid() == 0 else { return "loop devices need root" }
        guard access("/dev/loop-control", R_OK | W_OK) == 0 else { return "/dev/loop-control cannot be opened" }
        for program in ["losetup", "mkfs.ext4", "mkfs.xfs", "blkid"] where SystemProgram.path(of: program) == nil {
            return "\(program) is not installed"
        }
        return nil
    }()

    /// Whether this process has CAP_SYS_RESOURCE (bit 24, capabilities(7)).
    static var mayGrowMountedExt4: Bool {
        get throws {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
            let digits = line?.split(separator: "\t").last ?? ""
            return UInt64(digits, radix: 16).map { $0 >> 24 & 1 == 1 } ?? false
        }
    }

    static func with(
        mebibytes: Int = 320, _ body: (LoopDevice) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let image = directory + "/image"
            guard FileManager.default.createFile(atPath: image, contents: nil) else { throw Unable() }
            try resize(image, mebibytes)
            let found = try await losetup(["--find", "--show", image])
            let disk = LoopDevice(device: try BlockDevice(path: found), directory: directory, image: image)
            do {
                try await body(disk)
            } catch {
                try await disk.detach()
                throw error
            }
            try await disk.detach()
        }
    }

    func grow(toMebibytes mebibytes: Int) async throws {
        try Self.resize(image, mebibytes)
        _ = try await Self.losetup(["--set-capacity", device.path])
    }

    func write(_ text: String, at offset: UInt64) throws {
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: device.path))
        try file.seek(toOffset: offset)
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
    }

    /// A path within the test's directory.
    func path(_ name: String) -> String { directory + "/" + name }

    /// What the test left mounted goes first.
    private func detach() async throws {
        for mount in try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n").reversed()
        {
            let words = mount.split(separator: " ")
            if words.count > 1, words[1].hasPrefix(directory + "/") { umount2(String(words[1]), 0) }
        }
        _ = try await Self.losetup(["--detach", device.path])
    }

    private static func resize(_ image: String, _ mebibytes: Int) throws {
        guard truncate(image, off_t(mebibytes << 20)) == 0 else { throw Unable() }
    }

    private static func losetup(_ arguments: [String]) async throws -> String {
        let result = try await SystemProgram("losetup").run(arguments, deadline: .now + .seconds(30))
        guard result.isSuccess else { throw Unable(reason: result.output) }
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    struct Unable: Error {
        var reason = "the image cannot be made"
    }
}
