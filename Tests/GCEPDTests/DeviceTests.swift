import CloudDriverTesting
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("A Persistent Disk as a device of this machine", .enabled(if: LoopDevice.isAvailable))
struct DeviceTests {
    @Test(
        "it is found by its name, gets its file system once, is mounted, measured, and takes new room",
        arguments: [
            ([:], "google-pvc-1"), (["type": "pd-ssd", "replication-type": "regional-pd"], "google-pvc-1-regional"),
        ])
    func life(parameters: [String: String], link: String) async throws {
        try await withTemporaryDirectory { directory in
            let disk = try await LoopDevice(file: directory + "/disk", mebibytes: 64)
            try await disk.whileAttached {
                try await ComputeUnderTest.run { compute in
                    var config = ComputeUnderTest.anonymous
                    config["deviceDirectory"] = .string(directory + "/dev")
                    try await compute.withDriver(config: config) { driver in
                        let made = try await driver.provision("pvc-1", parameters: parameters)
                        let links = directory + "/dev/by-id"
                        try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: true)
                        try FileManager.default.createSymbolicLink(
                            atPath: "\(links)/\(link)", withDestinationPath: disk.path)
                        let device = try await MountedDisk(driver, made, on: disk, directory: directory).live()
                        #expect(device?.hasPrefix(links + "/google-pvc-1") == true, "\(device ?? "none")")
                    }
                }
            }
        }
    }
}
