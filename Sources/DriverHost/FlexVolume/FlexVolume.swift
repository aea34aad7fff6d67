package import DriverProtocol

/// Kubernetes' older protocol of drivers that are executables, as far as it is a matter of words.
///
/// The source is Kubernetes' code (pkg/volume/flexvolume), which is what drivers met in practice; where its documentation
/// (community, contributors/devel/sig-storage/flexvolume.md) says otherwise, section 15 of the specification names the
/// choice that was made.
package enum FlexVolume {
    /// What has to be said about each such driver, since nobody can change it.
    package static let secretsWarning =
        "FlexVolume hands secrets to the driver as arguments of its process, where every user of this machine can read "
        + "them while a mount runs. Berth keeps them out of its records and messages, and cannot keep them out of there"

    /// `example.com/lvm` for the folder `example.com~lvm`: the name by which PersistentVolumes know the driver.
    package static func driverName(ofFolder folder: String) -> String {
        String(folder.map { $0 == "~" ? "/" : $0 })
    }

    /// `lvm` for the folder `example.com~lvm`: the executable's name in it.
    static func executableName(inFolder folder: String) -> String {
        folder.split(separator: "~", omittingEmptySubsequences: false).last.map(String.init) ?? folder
    }
}

extension Verb {
    /// FlexVolume's alone: asks for a name of the volume that is unique in the cluster. Kubernetes calls it and then goes
    /// by the PersistentVolume's name all the same.
    package static let getVolumeName = Verb(rawValue: "getvolumename")

    /// Every call that FlexVolume has.
    package static let flexVolumeCalls: [Verb] = [
        .initialize, .getVolumeName, .attach, .detach, .waitForAttach, .isAttached, .mountDevice, .unmountDevice,
        .mount,
        .unmount, .expandVolume, .expandFS,
    ]

    /// Kubernetes makes these calls only of a driver whose capability `attach` is not false.
    static let attachmentCalls: Set<Verb> = [
        .attach, .detach, .waitForAttach, .isAttached, .mountDevice, .unmountDevice,
    ]
}
