import BlockDevices
import CloudHTTP
import DriverProtocol
import StorageDriverKit

extension AzureDiskDriver: DeviceMounting {
    func mountDevice(_ call: VolumeCall, at stagingTarget: String) async throws {
        let device = try call.device("mountdevice")
        guard call.volume.volumeMode != "Block" else { return }  // shown as it is, by mount
        let type = try FileSystemType(named: call.volume.fsType ?? call.parameters["fsType"])
        let staging = DiskMounting.Staging(
            type, mountOptions: call.volume.mountOptions, readOnly: call.request.readOnly,
            mayFormat: call.volume.contentSource == nil)
        try await DiskMounting.stage(
            device, at: stagingTarget, staging, deadline: call.request.callDeadline())
    }

    func unmountDevice(_ call: VolumeCall, from stagingTarget: String) async throws {
        try await DiskMounting.unmount(stagingTarget)
    }
}

extension AzureDiskDriver: VolumeMounting {
    func mount(_ call: VolumeCall, at target: String) async throws {
        if call.volume.volumeMode == "Block" {
            try DiskMounting.publish(
                try call.device("mount"), asFile: target, readOnly: call.request.readOnly)
            return
        }
        guard let staged = call.request.stagingTarget else {
            throw DriverError(
                .invalidArgument, "a disk is mounted by mountdevice first; mount needs its stagingTarget",
                field: "stagingTarget")
        }
        try DiskMounting.publish(
            staged: staged, at: target, readOnly: call.request.readOnly, mountOptions: call.volume.mountOptions)
    }

    func unmount(_ call: VolumeCall, from target: String) async throws { try await DiskMounting.unmount(target) }
}

extension AzureDiskDriver: FileSystemExpanding {
    func expandFileSystem(_ call: VolumeCall) async throws {
        guard call.volume.volumeMode != "Block" else { return }
        guard let path = call.request.stagingTarget ?? call.request.target else {
            throw DriverError(
                .invalidArgument, "a file system grows where it is mounted; expandfs needs stagingTarget or target",
                field: "target")
        }
        let device =
            if let given = call.request.device { try BlockDevice(path: given) } else {
                try BlockDevice.mounted(at: path)
            }
        guard let device else {
            throw DriverError(.failedPrecondition, "no disk is mounted at \(path)", field: "target", outcome: .final)
        }
        try await DiskMounting.growFileSystem(on: device, mountedAt: path, deadline: call.request.callDeadline())
    }
}

extension VolumeCall {
    /// - Throws: ``DriverError``: the request names none, or there is none.
    fileprivate func device(_ verb: String) throws(DriverError) -> BlockDevice {
        guard let path = request.device else {
            throw DriverError(
                .invalidArgument, "\(verb) needs the device that attach answered", field: "device")
        }
        return try BlockDevice(path: path)
    }
}
