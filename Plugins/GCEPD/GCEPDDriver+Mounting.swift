import BlockDevices
import CloudHTTP
import DriverProtocol
import StorageDriverKit

extension GCEPDDriver: DeviceMounting {
    func mountDevice(_ call: VolumeCall, at stagingTarget: String) async throws {
        // A block volume is shown as the device that it is.
        guard call.volume.volumeMode != "Block" else { return }
        try await Self.stage(call, at: stagingTarget)
    }

    func unmountDevice(_ call: VolumeCall, from stagingTarget: String) async throws {
        try await DiskMounting.unmount(stagingTarget)
    }

    private static func stage(_ call: VolumeCall, at target: String) async throws {
        let device = try await device(call)
        let fsType = call.volume.fsType ?? call.parameters["fstype"]
        let staging = DiskMounting.Staging(
            try FileSystemType(named: fsType), mountOptions: call.volume.mountOptions, readOnly: call.request.readOnly,
            mayFormat: !DiskContext(call.volume.context).isCopy)
        try await DiskMounting.stage(device, at: target, staging, deadline: call.request.callDeadline())
    }

    /// The volume's device on this machine: as `attach` answered, or where udev puts it.
    private static func device(_ call: VolumeCall) async throws -> BlockDevice {
        if let path = call.request.device { return try BlockDevice(path: path) }
        let configuration = try DriverConfiguration(call.request.driver)
        let links = try devicePaths(call, configuration)
        for link in links.dropLast() {
            // Which of the two it is, zonal or regional, only the device itself tells.
            if let device = try? BlockDevice(path: "\(configuration.deviceDirectory)/\(link)") { return device }
        }
        return try BlockDevice(path: "\(configuration.deviceDirectory)/\(links[links.count - 1])")
    }
}

extension GCEPDDriver: VolumeMounting {
    func mount(_ call: VolumeCall, at target: String) async throws {
        if call.volume.volumeMode == "Block" {
            return try DiskMounting.publish(
                try await Self.device(call), asFile: target, readOnly: call.request.readOnly)
        }
        // A host that stages nothing has the one Pod's mount only.
        guard let staged = call.request.stagingTarget else { return try await Self.stage(call, at: target) }
        try DiskMounting.publish(
            staged: staged, at: target, readOnly: call.request.readOnly, mountOptions: call.volume.mountOptions)
    }

    func unmount(_ call: VolumeCall, from target: String) async throws {
        try await DiskMounting.unmount(target)
    }
}

extension GCEPDDriver: FileSystemExpanding {
    func expandFileSystem(_ call: VolumeCall) async throws {
        guard call.volume.volumeMode != "Block" else { return }
        guard let path = call.request.stagingTarget ?? call.request.target else {
            throw DriverError(
                .invalidArgument, "expandfs needs the target or stagingTarget where the volume is mounted",
                field: "target")
        }
        try await DiskMounting.growFileSystem(
            on: try await Self.device(call), mountedAt: path, deadline: call.request.callDeadline())
    }
}

extension GCEPDDriver: StatsReporting {
    func stats(_ call: VolumeCall) async throws -> VolumeStats {
        let session = try await backend.session(call.request)
        return try await session.reading("volume \(call.volume.name) cannot be measured") {
            guard let target = call.request.target ?? call.request.stagingTarget else {
                // Not mounted here: its size is what can be said of it.
                return VolumeStats(totalBytes: try await session.requiredDisk(call.volume).bytes)
            }
            return try DiskMounting.stats(of: target)
        }
    }
}
