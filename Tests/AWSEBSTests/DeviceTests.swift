import CloudDriverTesting
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("An EBS volume as a device of this machine", .enabled(if: LoopDevice.isAvailable))
struct DeviceTests {
    @Test("it is found by its serial number, gets its file system once, is mounted, measured, and takes new room")
    func life() async throws {
        try await withTemporaryDirectory { directory in
            let disk = try await LoopDevice(file: directory + "/disk", mebibytes: 64)
            try await disk.whileAttached {
                try await SimulatedEC2.run { ec2 in
                    try await ec2.withDriver(config: ["deviceDirectory": .string(directory + "/dev")]) { driver in
                        try await live(driver, disk, directory)
                    }
                }
            }
        }
    }

    private func live(_ driver: DriverUnderTest, _ disk: LoopDevice, _ directory: String) async throws {
        let made = try await driver.provision("pvc-1", parameters: ["inodeSize": "256"])
        let links = directory + "/dev/by-id"
        try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: true)
        let serial = made.id.filter { $0 != "-" }
        try FileManager.default.createSymbolicLink(
            atPath: "\(links)/nvme-Amazon_Elastic_Block_Store_\(serial)", withDestinationPath: disk.path)

        let device = try await MountedDisk(driver, made, on: disk, directory: directory, device: "/dev/xvdzz").live()
        #expect(device == disk.path)
    }
}
