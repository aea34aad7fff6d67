import DriverProtocol

/// `capabilities` of the reply to `init`. What a driver leaves out is true, apart from `supportsMetrics`
/// (`defaultCapabilities` in driver-call.go).
package struct FlexVolumeCapabilities: Sendable, Hashable {
    /// Without it the driver is asked for nothing but mounting.
    package var attach = true
    package var selinuxRelabel = true
    package var supportsMetrics = false
    package var fsGroup = true
    /// `expandfs` must follow `expandvolume`.
    package var requiresFSResize = true
}

extension FlexVolumeCapabilities {
    /// As a driver of Berth's own protocol would say it. FlexVolume has no call that tells which of its calls a driver
    /// answers: those that it does not are found out by calling them.
    var verbs: [Verb] {
        Verb.all.filter { verb in
            guard verb != .initialize, Verb.flexVolumeCalls.contains(verb) else { return false }
            if verb == .expandFS { return requiresFSResize }
            return attach || !Verb.attachmentCalls.contains(verb)
        }
    }

    /// - Parameter name: How the driver is registered; it has none of its own, and no version.
    func info(name: String) -> DriverInfo {
        DriverInfo(
            name: name, version: "unversioned", capabilities: verbs.map { Capability($0) },
            accessModes: ["ReadWriteOnce", "ReadOnlyMany"])
    }
}
