import JSONTree

/// A disk as Azure shows it.
struct Disk: Sendable {
    let json: JSONValue

    init(_ json: JSONValue) { self.json = json }

    private func property(_ name: String) -> JSONValue? { json.at("properties", name) }

    /// As Azure spells it.
    var id: String { json["id"]?.stringValue ?? "" }
    var name: String { json["name"]?.stringValue ?? "" }
    var location: String { json["location"]?.stringValue ?? "" }
    var zone: String? { json["zones"]?.stringArray?.first }
    var typeName: String { json.at("sku", "name")?.stringValue ?? "" }
    var type: DiskType? { DiskType(rawValue: typeName) }
    /// 0 also for a size that cannot be told in bytes.
    var sizeGB: Int64 {
        property("diskSizeGB")?.integerValue.flatMap { (0...Int64.max >> 30).contains($0) ? $0 : nil } ?? 0
    }
    var capacityBytes: Int64 {
        property("diskSizeBytes")?.integerValue.flatMap { $0 >= 0 ? $0 : nil } ?? sizeGB << 30
    }
    var iops: Int64? { property("diskIOPSReadWrite")?.integerValue }
    var megabytesPerSecond: Int64? { property("diskMBpsReadWrite")?.integerValue }
    /// `Creating`, `Updating`, `Succeeded`, `Failed`, …
    var state: String { property("provisioningState")?.stringValue ?? "" }
    /// The machine to which it is attached.
    var machine: String? { json["managedBy"]?.stringValue }
    var sourceID: String? { property("creationData")?["sourceResourceId"]?.stringValue }
    var mark: VolumeMark { VolumeMark(json, .disk) }

    var isBusy: Bool { ["Creating", "Updating", "Deleting"].contains(state) }
}
