import JSONTree

/// One entry of `metadata.managedFields`: what one writer owns.
struct ManagedFieldsEntry: Sendable, Hashable {
    enum Operation: String, Sendable {
        case apply = "Apply"
        case update = "Update"
    }

    var manager: String
    var operation: Operation
    var apiVersion: String
    var subresource: String?
    /// RFC 3339, as it was written.
    var time: String?
    var fields: FieldSet

    /// Whether both are the same writer. The version does not tell appliers apart: an applier owns what it last
    /// applied, in whatever version.
    func isSameWriter(as other: ManagedFieldsEntry) -> Bool {
        manager == other.manager && operation == other.operation && subresource == other.subresource
            && (operation == .apply || apiVersion == other.apiVersion)
    }

    /// For messages, as Kubernetes names a writer: `"kubectl-edit" using v1`.
    var writerDescription: String {
        var text = "\"\(manager)\""
        if let subresource { text += " with subresource \"\(subresource)\"" }
        if operation == .update { text += " using \(apiVersion)" }
        return text
    }

    var json: JSONValue {
        var object: JSONObject = [
            "manager": .string(manager), "operation": .string(operation.rawValue), "apiVersion": .string(apiVersion),
        ]
        if let time { object["time"] = .string(time) }
        object["fieldsType"] = "FieldsV1"
        object["fieldsV1"] = fields.json
        if let subresource { object["subresource"] = .string(subresource) }
        return .object(object)
    }

    init(
        manager: String, operation: Operation, apiVersion: String, subresource: String?, time: String?,
        fields: FieldSet
    ) {
        self.manager = manager
        self.operation = operation
        self.apiVersion = apiVersion
        self.subresource = subresource
        self.time = time
        self.fields = fields
    }

    /// `nil` when `json` is no such entry.
    init?(json: JSONValue) {
        guard let operation = json["operation"]?.stringValue.flatMap(Operation.init(rawValue:)),
            let apiVersion = json["apiVersion"]?.stringValue, json["fieldsType"]?.stringValue == "FieldsV1",
            let fields = FieldSet(json: json["fieldsV1"] ?? [:])
        else { return nil }
        let subresource = json["subresource"]?.stringValue
        self.init(
            manager: json["manager"]?.stringValue ?? "", operation: operation, apiVersion: apiVersion,
            subresource: subresource?.isEmpty == true ? nil : subresource, time: json["time"]?.stringValue,
            fields: fields)
    }
}

/// All entries of an object.
struct ManagedFields {
    /// The most entries of operation Update; the oldest beyond that are joined into one.
    private static let maximumUpdaters = 10
    private static let joinedManager = "ancient-changes"

    var entries: [ManagedFieldsEntry] = []

    init(_ entries: [ManagedFieldsEntry] = []) {
        self.entries = entries
    }

    /// `nil` when an entry is none.
    init?(of object: JSONValue?) {
        guard case .array(let elements) = object?.at("metadata", "managedFields") else { return }
        for element in elements {
            guard let entry = ManagedFieldsEntry(json: element) else { return nil }
            entries.append(entry)
        }
    }

    subscript(sameWriterAs entry: ManagedFieldsEntry) -> ManagedFieldsEntry? {
        entries.first { $0.isSameWriter(as: entry) }
    }

    mutating func set(_ entry: ManagedFieldsEntry) {
        entries.removeAll { $0.isSameWriter(as: entry) }
        if !entry.fields.isEmpty { entries.append(entry) }
    }

    /// Takes fields from all writers but one.
    mutating func release(_ fields: FieldSet, exceptFrom writer: ManagedFieldsEntry) {
        guard !fields.isEmpty else { return }
        for position in entries.indices where !entries[position].isSameWriter(as: writer) {
            entries[position].fields = entries[position].fields.subtracting(fields)
        }
        entries.removeAll { $0.fields.isEmpty }
    }

    mutating func joinOldestUpdaters() {
        let updaters = entries.filter { $0.operation == .update && $0.subresource == nil }
            .sorted { ($0.time ?? "") < ($1.time ?? "") }
        guard updaters.count > Self.maximumUpdaters else { return }
        let oldest = updaters.prefix(updaters.count - Self.maximumUpdaters + 1)
        guard var joined = oldest.last else { return }
        joined.manager = Self.joinedManager
        joined.fields = FieldSet.union(of: oldest.map(\.fields))
        let gone = Set(oldest.map { [$0.manager, $0.apiVersion] })
        entries.removeAll {
            $0.operation == .update && $0.subresource == nil && gone.contains([$0.manager, $0.apiVersion])
        }
        entries.append(joined)
    }

    /// In Kubernetes' order: appliers first, then by time, then by name.
    func write(to object: inout JSONValue) {
        let sorted =
            entries.count < 2
            ? entries
            : entries.sorted {
                ($0.operation.rawValue, $0.time ?? "", $0.manager, $0.apiVersion, $0.subresource ?? "")
                    < ($1.operation.rawValue, $1.time ?? "", $1.manager, $1.apiVersion, $1.subresource ?? "")
            }
        object.set(sorted.isEmpty ? nil : .array(sorted.map(\.json)), at: "metadata", "managedFields")
    }
}
