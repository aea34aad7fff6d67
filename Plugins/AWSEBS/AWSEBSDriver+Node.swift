import BlockDevices
import CloudHTTP
import DriverProtocol
import StorageDriverKit

extension AWSEBSDriver: VolumeAttaching, DeviceMounting, VolumeMounting, FileSystemExpanding, StatsReporting {
    func attach(_ call: VolumeCall, to node: NodeReference) async throws -> String? {
        try await attachment(call, "attached to \(node.name)").attach(to: node)
    }

    func detach(_ call: VolumeCall, from node: NodeReference) async throws {
        try await attachment(call, "detached from \(node.name)").detach(from: node)
    }

    func isAttached(_ call: VolumeCall, to node: NodeReference) async throws -> Bool {
        try await attachment(call, "looked for on \(node.name)").isAttached(to: node)
    }

    private func attachment(_ call: VolumeCall, _ task: String) async throws -> VolumeAttachment {
        VolumeAttachment(
            call: call, ec2: try await accounts.ec2(for: call.request),
            task: "volume \(call.volume.name) could not be \(task)")
    }

    func waitForAttach(_ call: VolumeCall) async throws -> String {
        try await device(call, deadline: call.request.callDeadline()).path
    }

    func mountDevice(_ call: VolumeCall, at stagingTarget: String) async throws {
        guard call.volume.volumeMode != "Block" else { return }
        let deadline = call.request.callDeadline()
        let context = call.volume.context
        let type = call.volume.fsType ?? context["fsType"] ?? "ext4"
        let staging = DiskMounting.Staging(
            try FileSystemType(named: type), mountOptions: call.volume.mountOptions, readOnly: call.request.readOnly,
            mayFormat: context["hasContent"] != "true",
            formatArguments: context["makeOptions"]?.split(separator: " ").map(String.init) ?? [])
        try await DiskMounting.stage(
            try await device(call, deadline: deadline), at: stagingTarget, staging, deadline: deadline)
    }

    func unmountDevice(_ call: VolumeCall, from stagingTarget: String) async throws {
        try await DiskMounting.unmount(stagingTarget)
    }

    func mount(_ call: VolumeCall, at target: String) async throws {
        if call.volume.volumeMode == "Block" {
            let device = try await device(call, deadline: call.request.callDeadline())
            try DiskMounting.publish(device, asFile: target, readOnly: call.request.readOnly)
            return
        }
        guard let staging = call.request.stagingTarget else {
            throw DriverError(
                .invalidArgument, "the verb mount needs stagingTarget, where mountdevice has mounted the volume",
                field: "stagingTarget")
        }
        try DiskMounting.publish(staged: staging, at: target, readOnly: call.request.readOnly)
    }

    func unmount(_ call: VolumeCall, from target: String) async throws {
        try await DiskMounting.unmount(target)
    }

    func expandFileSystem(_ call: VolumeCall) async throws {
        guard call.volume.volumeMode != "Block" else { return }
        guard let path = call.request.stagingTarget ?? call.request.target else {
            throw DriverError(.invalidArgument, "the verb expandfs needs target or stagingTarget", field: "target")
        }
        guard let device = try BlockDevice.mounted(at: path) else {
            throw DriverError(
                .failedPrecondition, "nothing is mounted at \(path); a file system grows while it is mounted",
                outcome: .final)
        }
        try await DiskMounting.growFileSystem(
            on: device, mountedAt: path, deadline: call.request.callDeadline())
    }

    /// Measured where the volume is mounted; of one that is not, what EC2 says of it.
    func stats(_ call: VolumeCall) async throws -> VolumeStats {
        if let target = call.request.target, try BlockDevice.mounted(at: target) != nil {
            return try DiskMounting.stats(of: target)
        }
        let ec2 = try await accounts.ec2(for: call.request)
        let volume = try await failing("volume \(call.volume.name) could not be looked at") {
            try await VolumeLookup(ec2: ec2).existing(call.volume, owner: call.request.owner)
        }
        let isAbnormal = volume.state == "error"
        return VolumeStats(
            totalBytes: volume.capacityBytes, abnormal: isAbnormal,
            message: isAbnormal ? "EC2 calls the volume \(volume.id) defective" : nil)
    }

    /// The volume's device on this machine. On Nitro instances it is an NVMe device whose serial number is the volume's
    /// id; on others it has the name under which it was attached, or that with `sd` for `xvd`.
    private func device(_ call: VolumeCall, deadline: ContinuousClock.Instant?) async throws -> BlockDevice {
        let directory = try DriverConfiguration(call.request.driver.config).deviceDirectory
        guard let id = call.volume.id.flatMap(VolumeLookup.id) else {
            throw DriverError(
                .notFound, "there is no volume \(call.volume.name) with an id of EC2's", field: "volume.id")
        }
        let serial = id.filter { $0 != "-" }
        if let given = call.request.device, given.hasPrefix("/dev/"), !given.hasPrefix("/dev/disk/"),
            let device = try? BlockDevice(path: given)  // the name that EC2 has for it need not be there
        {
            return device
        }
        return try await BlockDevice.appearing(
            as: ["by-id/nvme-Amazon_Elastic_Block_Store_\(serial)"], in: directory, deadline: deadline)
    }
}
