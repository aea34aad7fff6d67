import CloudDriverTesting
import DriverHost
import DriverProtocol
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("A managed disk as a device of this machine", .enabled(if: LoopDevice.isAvailable))
struct DeviceTests {
    @Test("it is found by the LUN that attach answered, gets its file system once, is mounted and measured")
    func life() async throws {
        try await withTemporaryDirectory { directory in
            let disk = try await LoopDevice(file: directory + "/disk", mebibytes: 64)
            try await disk.whileAttached {
                try await SimulatedAzure.run { azure in
                    try await azure.withDriver(config: ["deviceDirectory": .string(directory + "/dev")]) { driver in
                        try await live(driver, disk, directory)
                    }
                }
            }
        }
    }

    private func live(_ driver: DriverUnderTest, _ disk: LoopDevice, _ directory: String) async throws {
        let links = directory + "/dev/azure/scsi1"
        try FileManager.default.createDirectory(atPath: links, withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: "\(links)/lun0", withDestinationPath: disk.path)
        let made = try await driver.provision("pvc-1")
        let early = try await driver.failure { () async throws(DriverCallError) in
            try await driver.call(.waitForAttach) {
                $0.volume = VolumeRequest(name: "pvc-1", id: made.id)
                $0.device = links + "/lun0"
            }
        }
        #expect(early.code == .failedPrecondition)
        let answered = try await driver.attach("pvc-1", to: NodeReference(name: "vm-1"))
        #expect(answered == links + "/lun0")

        @discardableResult
        func call(_ verb: Verb, _ device: String?) async throws(DriverCallError) -> DriverReply {
            try await driver.call(verb) {
                $0.volume = VolumeRequest(name: "pvc-1", id: made.id, fsType: "ext4", context: made.context)
                $0.device = device
                $0.stagingTarget = directory + "/staging"
                $0.target = directory + "/target"
            }
        }
        let device = try await call(.waitForAttach, answered).device
        #expect(device == disk.path)
        let file = directory + "/target/kept"
        for turn in 1...2 {
            for verb in [.mountDevice, .mountDevice, .mount, .mount] as [Verb] { try await call(verb, device) }
            if turn == 1 { try "kept".write(toFile: file, atomically: false, encoding: .utf8) }
            let content = try String(contentsOfFile: file, encoding: .utf8)
            #expect(content == "kept")
            let bytes = try #require(try await call(.stats, nil).stats?.totalBytes)
            #expect((40 << 20...64 << 20).contains(bytes))
            for verb in [.unmount, .unmount, .unmountDevice, .unmountDevice] as [Verb] { try await call(verb, nil) }
            #expect(!FileManager.default.fileExists(atPath: file))
        }
        #expect(try await call(.stats, nil).stats?.totalBytes == 1 << 30)
    }
}
