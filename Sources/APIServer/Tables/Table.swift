import JSONTree
import KubernetesAPI

/// `meta.k8s.io` Table: objects as rows under the columns that `kubectl get` prints. Written piece by piece: the
/// prefix, the rows with commas between them, the suffix.
struct Table: Sendable {
    static let suffix = Array("]}".utf8)

    /// What stands in a row beside its cells.
    enum Include: String {
        case none = "None"
        case metadata = "Metadata"
        case object = "Object"

        /// - Throws: `BadRequest` for a policy that does not exist.
        init(_ query: Query) throws(StatusError) {
            let text = query["includeObject"] ?? ""
            guard let include = text.isEmpty ? .metadata : Include(rawValue: text) else {
                throw .badRequest(
                    "unrecognized includeObject value: \"\(text)\": supported values: None, Metadata, Object")
            }
            self = include
        }
    }

    private let version: String
    private let include: Include
    private let columns: [TableColumn]
    private let cells: @Sendable (TableRow) -> [JSONValue]
    private var showsColumns = true

    init(_ kind: ResourceKind, version: String, include: Include) {
        let layout = TableLayout.of(kind)
        self.version = version
        self.include = include
        columns = layout.columns
        cells = layout.cells
    }

    mutating func leaveOutColumns() {
        showsColumns = false
    }

    func prefix(resourceVersion: UInt64) -> [UInt8] {
        prefix(metadata: ["resourceVersion": .string(String(resourceVersion))])
    }

    func prefix(metadata: JSONObject) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(raw: "{\"kind\":\"Table\",\"apiVersion\":")
        writer.write("meta.k8s.io/\(version)")
        writer.write(raw: ",\"metadata\":")
        writer.write(metadata)
        writer.write(raw: ",\"columnDefinitions\":")
        writer.write(.array(showsColumns ? columns.map(\.definition) : []))
        writer.write(raw: ",\"rows\":[")
        return writer.bytes
    }

    func row(_ object: JSONValue, now: Timestamp = .now) -> [UInt8] {
        var row: JSONObject = ["cells": .array(cells(TableRow(object, now: now)))]
        switch include {
        case .none: break
        case .metadata: row["object"] = PartialMetadata.object(object, version: version)
        case .object: row["object"] = object
        }
        return JSONValue.object(row).encoded
    }
}

/// A column of a ``Table`` (`meta/v1` TableColumnDefinition).
struct TableColumn: Sendable {
    let name: String
    var type = "string"
    var format = ""
    let description: String
    /// 0: always shown; 1: with `-o wide`.
    var priority = 0

    var definition: JSONValue {
        [
            "name": .string(name), "type": .string(type), "format": .string(format),
            "description": .string(description), "priority": .integer(Int64(priority)),
        ]
    }

    static let name = TableColumn(
        name: "Name", format: "name", description: "The object's name, unique within its namespace and kind.")
    static let age = TableColumn(name: "Age", description: "How long ago the object was created.")

    static func wide(_ name: String, _ description: String) -> TableColumn {
        TableColumn(name: name, description: description, priority: 1)
    }

    init(
        name: String, type: String = "string", format: String = "", description: String, priority: Int = 0
    ) {
        self.name = name
        self.type = type
        self.format = format
        self.description = description
        self.priority = priority
    }

    init(_ name: String, _ description: String) {
        self.init(name: name, description: description)
    }
}

/// The columns of a kind, and how an object fills them.
struct TableLayout: Sendable {
    let columns: [TableColumn]
    let cells: @Sendable (TableRow) -> [JSONValue]

    static func of(_ kind: ResourceKind) -> TableLayout {
        switch kind {
        case .persistentVolumeClaim: persistentVolumeClaim
        case .persistentVolume: persistentVolume
        case .storageClass: storageClass
        case .volumeAttachment: volumeAttachment
        case .pod: pod
        case .statefulSet: statefulSet
        case .secret: secret
        case .configMap: configMap
        case .namespace: namespace
        case .node: node
        case .event: event
        case .lease: lease
        default: TableLayout(columns: [.name, .age]) { [$0.name, $0.age] }
        }
    }
}

/// An object on its way into a row.
struct TableRow {
    let object: JSONValue
    let now: Timestamp

    init(_ object: JSONValue, now: Timestamp) {
        self.object = object
        self.now = now
    }

    var name: JSONValue { object.at("metadata", "name") ?? "" }
    var age: JSONValue { age(object.at("metadata", "creationTimestamp")) }
    var isBeingDeleted: Bool { object.at("metadata", "deletionTimestamp")?.stringValue != nil }

    /// `5m`; `<unknown>` where no time is.
    func age(_ time: JSONValue?) -> JSONValue {
        guard let moment = time?.stringValue.flatMap({ Timestamp($0) }) else { return "<unknown>" }
        return .string(moment.humanAge(at: now))
    }

    func text(_ path: String...) -> String? {
        var value = object
        for key in path {
            guard let next = value[key] else { return nil }
            value = next
        }
        return value.stringValue
    }

    func annotation(_ key: String) -> String? { object.at("metadata", "annotations")?[key]?.stringValue }

    /// `RWO,ROX`, in Kubernetes' order.
    static func accessModes(_ modes: JSONValue?) -> String {
        let present = Set(modes?.stringArray ?? [])
        let short = [
            ("ReadWriteOnce", "RWO"), ("ReadOnlyMany", "ROX"), ("ReadWriteMany", "RWX"), ("ReadWriteOncePod", "RWOP"),
        ]
        return short.filter { present.contains($0.0) }.map(\.1).joined(separator: ",")
    }
}
