import DriverProtocol

/// What kubelet does itself where a driver answers `Not supported` (the files *-defaults.go).
///
/// Pure: says what is to be done, and what the answer is when that is done.
enum FlexVolumeDefault: Sendable, Hashable {
    case answer(DriverReply)
    /// A program of the system, found in `PATH`, with its arguments.
    case run([String], DriverReply)
    /// There is no default for it.
    case none(String?)

    /// - Parameter mounts: What is mounted now.
    init(for request: DriverRequest, capabilities: FlexVolumeCapabilities, mounts: MountTable) {
        var reply = DriverReply(.success, callID: request.callID)
        let device = request.device ?? ""
        switch request.verb {
        case .attach, .detach: self = .answer(reply)
        case .getVolumeName:
            reply.volume = ProvisionedVolume(id: request.volume?.name ?? "")
            reply.message = "the driver does not name volumes, so the volume's own name is it"
            self = .answer(reply)
        case .waitForAttach:
            reply.device = request.device
            self = .answer(reply)
        case .mountDevice:
            // A volume without a device is mounted for each Pod, by `mount` alone.
            guard !device.isEmpty, let target = request.stagingTarget else {
                self = .answer(reply)
                return
            }
            let type = (request.volume?.fsType).map { $0.isEmpty ? [] : ["-t", $0] } ?? []
            self = .run(
                ["mount"] + type + ["-o", request.readOnly ? "ro" : "rw", "--", device, target],
                reply.saying("the driver has no mountdevice: \(device) was mounted at \(target)"))
        case .mount:
            guard let source = request.stagingTarget, let target = request.target else {
                self = .none(
                    "Kubernetes then binds the device's mount, of which the request gives no path (stagingTarget)")
                return
            }
            self = .run(
                ["mount", "-o", request.readOnly ? "bind,ro" : "bind", "--", source, target],
                reply.saying("the driver has no mount: \(source) was bound to \(target)"))
        case .unmount, .unmountDevice:
            let target = (request.verb == .unmount ? request.target : request.stagingTarget) ?? ""
            guard mounts.isMountPoint(target) else {
                self = .answer(reply)
                return
            }
            self = .run(
                ["umount", "--", target], reply.saying("the driver has no \(request.verb): \(target) was unmounted"))
        case .expandVolume:
            reply.volume = ProvisionedVolume(
                id: request.volume?.id ?? request.volume?.name ?? "", capacityBytes: request.volume?.capacityBytes)
            reply.nodeExpansionRequired = capabilities.requiresFSResize
            self = .answer(reply)
        case .expandFS: self = Self.growth(request, reply, device, mounts)
        default: self = .none(nil)
        }
    }

    /// By the tools of the file system that is mounted there (`GenericResizeFS`).
    private static func growth(
        _ request: DriverRequest, _ reply: DriverReply, _ device: String, _ mounts: MountTable
    ) -> FlexVolumeDefault {
        let path = request.stagingTarget ?? request.target ?? ""
        let reply = reply.saying("the driver has no expandfs: the file system at \(path) was grown")
        switch mounts.fileSystem(at: path) {
        case "ext2"?, "ext3"?, "ext4"?: return .run(["resize2fs", device], reply)
        case "xfs"?: return .run(["xfs_growfs", "-d", path], reply)
        case "btrfs"?: return .run(["btrfs", "filesystem", "resize", "max", path], reply)
        case let type?: return .none("Kubernetes then grows the file system itself, and cannot do that with \(type)")
        case nil: return .none("Kubernetes then grows the file system itself, and nothing is mounted at \(path)")
        }
    }
}

extension DriverReply {
    fileprivate func saying(_ message: String) -> DriverReply {
        var reply = self
        reply.message = message
        return reply
    }
}
