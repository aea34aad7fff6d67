import JSONTree

/// A machine's data disks, as Azure shows them, and the list that attaches or detaches one. Pure.
///
/// Azure takes the whole list: an entry that is left out is detached. So every entry that is there goes back as it came,
/// and the machine's etag guards against a list that is out of date.
struct DataDisks: Sendable {
    static let luns: ClosedRange<Int64> = 0...63

    let entries: [JSONValue]
    private let location: String
    private let isInstance: Bool
    let etag: String?
    /// Something is being changed on the machine.
    let isBusy: Bool

    /// - Parameter isInstance: Of a scale set.
    init(_ machine: JSONValue, isInstance: Bool) {
        self.isInstance = isInstance
        entries = machine.at("properties", "storageProfile", "dataDisks")?.arrayValue ?? []
        location = machine["location"]?.stringValue ?? ""
        etag = machine["etag"]?.stringValue
        isBusy = machine.at("properties", "provisioningState")?.stringValue == "Updating"
    }

    enum Attachment: Sendable, Hashable {
        case absent
        case attached(lun: Int64)
        case leaving
    }

    func attachment(of disk: ResourceID) -> Attachment {
        guard let entry = entries.first(where: { Self.isEntry($0, of: disk) }) else { return .absent }
        if entry["toBeDetached"] == true { return .leaving }
        return .attached(lun: entry["lun"]?.integerValue ?? 0)
    }

    /// The least number that is free; `nil`: none is.
    var freeLUN: Int64? {
        let taken = Set(entries.compactMap { $0["lun"]?.integerValue })
        return Self.luns.first { !taken.contains($0) }
    }

    func attaching(
        _ disk: ResourceID, lun: Int64, caching: String, writeAccelerator: Bool
    ) -> JSONValue {
        var entry: JSONValue = [
            "lun": .integer(lun), "name": .string(disk.name), "createOption": "Attach", "caching": .string(caching),
            "managedDisk": ["id": .string(disk.description)],
        ]
        if writeAccelerator { entry["writeAcceleratorEnabled"] = true }
        return body(entries + [entry])
    }

    func detaching(_ disk: ResourceID) -> JSONValue {
        body(
            entries.map { entry in
                guard Self.isEntry(entry, of: disk) else { return entry }
                var entry = entry
                entry["toBeDetached"] = true
                return entry
            })
    }

    private func body(_ entries: [JSONValue]) -> JSONValue {
        var body: JSONValue = ["properties": ["storageProfile": ["dataDisks": .array(entries)]]]
        // An update of a machine has no location; an instance of a scale set is written as a whole.
        if isInstance { body["location"] = .string(location) }
        return body
    }

    private static func isEntry(_ entry: JSONValue, of disk: ResourceID) -> Bool {
        ResourceID.isSame(entry.at("managedDisk", "id")?.stringValue ?? "", disk.description)
    }
}
