import DriverProtocol
import JSONTree

extension ProvisionedVolume {
    /// What the host is told of a disk: the same whether it was just made or found.
    ///
    /// - Parameters:
    ///   - id: `projects/p/zones/z/disks/d`
    ///   - fsType: `nil`: the source names none.
    init(
        id: String, name: String, disk: DiskPath, sizeGiB: Int64, zones: [String], fsType: String?,
        contentSource: ContentSource?, attachesByForce: Bool, _ configuration: DriverConfiguration
    ) {
        var source: JSONValue
        switch configuration.dialect {
        case .inTree:
            source = ["gcePersistentDisk": ["pdName": .string(disk.name)]]
            if let fsType { source.set(.string(fsType), at: "gcePersistentDisk", "fsType") }
        case .csi:
            source = ["csi": ["driver": "pd.csi.storage.gke.io", "volumeHandle": .string(id)]]
            if let fsType { source.set(.string(fsType), at: "csi", "fsType") }
        }
        var labels: [String: String] = [:]
        if configuration.dialect == .inTree, let first = zones.first {
            // Two zones as the in-tree plugin wrote them (`volumehelpers.ZonesSetToLabelValue`).
            labels = [Zones.key: zones.sorted().joined(separator: "__"), Zones.regionKey: Zones.region(first)]
        }
        self.init(
            id: id, name: name, capacityBytes: sizeGiB * DiskType.bytesPerGiB, volumeSource: source,
            context: DiskContext(attachesByForce: attachesByForce, isCopy: contentSource != nil).strings,
            topology: zones.sorted().map { [configuration.topologyKey: $0] }, labels: labels,
            contentSource: contentSource)
    }
}

/// What the node's verbs must know of a volume, in the volume's context.
struct DiskContext {
    var attachesByForce: Bool
    /// Made from a snapshot or another disk: never to be given a file system.
    var isCopy: Bool

    init(attachesByForce: Bool, isCopy: Bool) {
        self.attachesByForce = attachesByForce
        self.isCopy = isCopy
    }

    init(_ strings: [String: String]) {
        attachesByForce = strings["attach"] == "force"
        isCopy = strings["content"] == "copy"
    }

    var strings: [String: String] {
        var strings: [String: String] = [:]
        if attachesByForce { strings["attach"] = "force" }
        if isCopy { strings["content"] = "copy" }
        return strings
    }
}
