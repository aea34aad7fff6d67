package import DriverProtocol

/// What is executed for a request: one of FlexVolume's calls with its arguments, in the order of Kubernetes' code.
package struct FlexVolumeCallout: Sendable, Hashable {
    /// Why there is nothing to execute.
    package enum Problem: Error, Sendable, Hashable {
        /// FlexVolume knows no such thing.
        case noSuchCall(String)
        /// The request lacks what the call needs, or wants what FlexVolume does not have.
        case unfit(field: String, String)
    }

    /// Without argv[0]; the first is the verb.
    package let arguments: [String]
    /// The same as they may be recorded: without the values of secrets.
    package let recordedArguments: [String]

    package init(_ request: DriverRequest) throws(Problem) {
        arguments = try Self.arguments(of: request, secret: FlexVolumeOptions.base64)
        recordedArguments = try Self.arguments(of: request) { _ in DriverRequest.redactedValue }
    }

    private static func arguments(
        of request: DriverRequest, secret: (String) -> String
    ) throws(Problem) -> [String] {
        let verb = request.verb
        guard Verb.flexVolumeCalls.contains(verb) else { throw .noSuchCall(noSuchCall(verb)) }
        if verb == .initialize { return [verb.rawValue] }
        guard let volume = request.volume else { throw .unfit(field: "volume", "\(verb) is about a volume") }
        if volume.volumeMode == "Block" {
            throw .unfit(
                field: "volume.volumeMode", "FlexVolume has file systems only, and this volume is a block device")
        }
        let options = FlexVolumeOptions.text(of: request, isForMount: verb == .mount, secret: secret)
        let arguments: [String] =
            switch verb {
            case .getVolumeName: [options]
            case .attach, .isAttached: [options, try node(request)]
            // Documented as the device; the code has always given the volume's name.
            case .detach: [volume.name, try node(request)]
            case .waitForAttach: [request.device ?? "", options]
            case .mountDevice: [try path(request, \.stagingTarget, "stagingTarget"), request.device ?? "", options]
            case .unmountDevice: [try path(request, \.stagingTarget, "stagingTarget")]
            case .mount: [try path(request, \.target, "target"), options]
            // No options: what a driver must know to unmount, it keeps.
            case .unmount: [try path(request, \.target, "target")]
            case .expandVolume: [options, deviceMountPath(request)] + (try sizes(volume, verb))
            case .expandFS:
                [options, request.device ?? "", try fileSystemPath(request)] + (try sizes(volume, verb))
            default: []
            }
        if verb == .mount || verb == .mountDevice, !volume.mountOptions.isEmpty {
            throw .unfit(
                field: "volume.mountOptions",
                "FlexVolume passes no mount options, and Kubernetes refuses volumes that have some; give the driver an "
                    + "option of its own, if it has one for them")
        }
        return [verb.rawValue] + arguments
    }

    private static func noSuchCall(_ verb: Verb) -> String {
        "FlexVolume has no such call: it attaches, mounts and grows volumes that exist, and does nothing else with them. "
            + (verb == .provision || verb == .validate
                ? "Make the PersistentVolume by hand, or let the class name the provisioner of a driver of Berth's own "
                    + "protocol" : "Do that by the means of the storage itself")
    }

    private static func node(_ request: DriverRequest) throws(Problem) -> String {
        guard let name = request.node?.name else {
            throw .unfit(field: "node", "\(request.verb) needs the node's name")
        }
        return name
    }

    private static func path(
        _ request: DriverRequest, _ member: KeyPath<DriverRequest, String?>, _ field: String
    ) throws(Problem) -> String {
        guard let path = request[keyPath: member] else {
            throw .unfit(field: field, "\(request.verb) needs \(field), the path at which the volume is mounted")
        }
        guard path.hasPrefix("/") else { throw .unfit(field: field, "\(field) is an absolute path, not \"\(path)\"") }
        return path
    }

    /// Of `expandvolume`, which runs where nothing is mounted: the path that the volume's device has, or would have.
    private static func deviceMountPath(_ request: DriverRequest) -> String {
        if let path = request.stagingTarget { return path }
        let driver = FlexVolume.driverName(ofFolder: request.driver.name)
        return "/var/lib/kubelet/plugins/kubernetes.io/flexvolume/\(driver)/mounts/\(request.volume?.name ?? "")"
    }

    private static func fileSystemPath(_ request: DriverRequest) throws(Problem) -> String {
        request.stagingTarget == nil
            ? try path(request, \.target, "target") : try path(request, \.stagingTarget, "stagingTarget")
    }

    /// The new one and the old one. Without the old one there is no call: a driver may grow by the difference.
    private static func sizes(_ volume: VolumeRequest, _ verb: Verb) throws(Problem) -> [String] {
        guard let new = volume.capacityBytes else {
            throw .unfit(field: "volume.capacityBytes", "\(verb) needs the size to grow to")
        }
        guard let old = volume.previousCapacityBytes else {
            throw .unfit(
                field: "volume.previousCapacityBytes",
                "\(verb) needs the size before, which FlexVolume drivers are given and may grow from")
        }
        return [String(new), String(old)]
    }
}
