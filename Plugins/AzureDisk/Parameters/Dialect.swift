import DriverProtocol
import JSONTree

/// Whose StorageClasses are served: the two plugins differ in their parameters, in how they name disks and what they
/// write on them, and in what a PersistentVolume says. `config.dialect` of drivers.json.
enum Dialect: String, Sendable {
    /// `disk.csi.azure.com`
    case csi
    /// `kubernetes.io/azure-disk`
    case inTree = "in-tree"

    init(_ driver: DriverReference) {
        self = driver.config["dialect"]?.stringValue.flatMap(Dialect.init) ?? .csi
    }

    /// Names that the disks get: at most 80 characters.
    ///
    /// In-tree a prefix stands before the volume's name, cut where the whole would be too long, as Kubernetes'
    /// `GenerateVolumeName` cuts it. Different volumes have different names.
    func diskName(_ volume: String) -> String {
        switch self {
        case .csi: volume
        case .inTree:
            "\("kubernetes".prefix(max(0, 80 - volume.utf8.count - "-dynamic-".utf8.count)))-dynamic-\(volume)"
        }
    }
}
