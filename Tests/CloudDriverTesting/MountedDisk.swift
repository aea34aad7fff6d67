import DriverHost
public import DriverProtocol
import Foundation
public import TestSupport

/// A volume whose disk is a device of this machine.
public struct MountedDisk: Sendable {
    let driver: DriverUnderTest
    let volume: ProvisionedVolume
    let disk: LoopDevice
    let directory: String
    /// As `attach` answered it.
    let device: String?

    /// - Parameter directory: For what is mounted.
    public init(
        _ driver: DriverUnderTest, _ volume: ProvisionedVolume, on disk: LoopDevice, directory: String,
        device: String? = nil
    ) {
        self.driver = driver
        self.volume = volume
        self.disk = disk
        self.directory = directory
        self.device = device
    }

    /// Finds it, mounts it, measures it, each twice, and mounts it once more when its disk has grown.
    ///
    /// - Returns: The device that the driver found.
    public func live() async throws -> String? {
        let found = try await call(.waitForAttach).device
        for _ in 1...2 {
            try await call(.mountDevice)
            try await call(.mount)
        }
        let file = directory + "/target/kept"
        try "kept".write(toFile: file, atomically: false, encoding: .utf8)
        let before = try await totalBytes()
        try require((40 << 20...64 << 20).contains(before), "64 MiB should be there, and \(before) bytes are")
        for _ in 1...2 {
            try await call(.unmount)
            try await call(.unmountDevice)
        }
        try require(!FileManager.default.fileExists(atPath: file), "\(file) should not be mounted any more")
        try await disk.grow(mebibytes: 128)
        // Mounted again it takes all of the disk; while it is mounted, that needs a capability that a test may not have.
        try await call(.mountDevice)
        try await call(.mount)
        let content = try String(contentsOfFile: file, encoding: .utf8)
        try require(content == "kept", "\(file) should have been kept, and holds \(content)")
        let after = try await totalBytes()
        try require(
            after > before + 40 << 20, "there should be 64 MiB more than \(before), and \(after) bytes are there")
        try await call(.unmount)
        try await call(.unmountDevice)
        return found
    }

    private func totalBytes() async throws -> Int64 {
        guard let bytes = try await call(.stats).stats?.totalBytes else { throw TestFailure("stats tells no size") }
        return bytes
    }

    @discardableResult
    private func call(_ verb: Verb) async throws(DriverCallError) -> DriverReply {
        try await driver.call(verb) {
            $0.volume = VolumeRequest(name: "pvc-1", id: volume.id, fsType: "ext4", context: volume.context)
            $0.device = device
            $0.stagingTarget = directory + "/staging"
            $0.target = directory + "/target"
        }
    }
}
