import JSONTree
import KubernetesAPI

extension TableLayout {
    static let secret = TableLayout(columns: [
        .name,
        TableColumn("Type", "What kind of secret it is."),
        TableColumn(name: "Data", type: "integer", description: "How many entries it has."),
        .age,
    ]) { row in
        [row.name, .string(row.text("type") ?? ""), row.count("data"), row.age]
    }

    static let configMap = TableLayout(columns: [
        .name,
        TableColumn(name: "Data", type: "integer", description: "How many entries it has."),
        .age,
    ]) { row in
        [row.name, row.count("data", "binaryData"), row.age]
    }

    static let namespace = TableLayout(columns: [
        .name, TableColumn("Status", "Active, or Terminating while its objects go."), .age,
    ]) { row in
        [row.name, .string(row.text("status", "phase") ?? ""), row.age]
    }

    static let lease = TableLayout(columns: [
        .name, TableColumn("Holder", "Who holds the lease."), .age,
    ]) { row in
        [row.name, .string(row.text("spec", "holderIdentity") ?? ""), row.age]
    }

    static let node = TableLayout(columns: [
        .name,
        TableColumn("Status", "Whether the node is ready and takes pods."),
        TableColumn("Roles", "The node's roles, from its labels."),
        .age,
        TableColumn("Version", "The version of the node's kubelet."),
        .wide("Internal-IP", "The node's address within the cluster."),
        .wide("External-IP", "The node's address outside it."),
        .wide("OS-Image", "The node's operating system."),
        .wide("Kernel-Version", "The version of its kernel."),
        .wide("Container-Runtime", "What runs its containers."),
    ]) { row in
        let nodeInfo = row.object.at("status", "nodeInfo")
        func info(_ key: String) -> JSONValue {
            let text = nodeInfo?[key]?.stringValue ?? ""
            return .string(text.isEmpty ? "<unknown>" : text)
        }
        return [
            row.name, .string(row.nodeStatus), .string(row.nodeRoles), row.age,
            .string(nodeInfo?["kubeletVersion"]?.stringValue ?? ""), .string(row.nodeAddress("InternalIP")),
            .string(row.nodeAddress("ExternalIP")), info("osImage"), info("kernelVersion"),
            info("containerRuntimeVersion"),
        ]
    }

    static let event = TableLayout(columns: [
        TableColumn("Last Seen", "How long ago it happened last."),
        TableColumn("Type", "Normal or Warning."),
        TableColumn("Reason", "Why, in one word."),
        TableColumn("Object", "What it happened to, as kind/name."),
        .wide("Subobject", "The part of the object that it is about."),
        .wide("Source", "Who reported it."),
        TableColumn("Message", "What happened."),
        .wide("First Seen", "How long ago it happened first."),
        TableColumn(name: "Count", type: "integer", description: "How often it happened.", priority: 1),
        TableColumn(name: "Name", format: "name", description: "The event's own name.", priority: 1),
    ]) { row in
        // An event of the newer kind has one time and, when it repeats, a series.
        let first = row.time("firstTimestamp") ?? row.time("eventTime")
        let last =
            row.object["series"].flatMap { $0["lastObservedTime"] } ?? row.time("lastTimestamp") ?? first
        let count =
            row.object.at("series", "count")?.integerValue ?? row.object["count"]?.integerValue
            ?? (row.time("eventTime") != nil ? 1 : 0)
        let object = row.object["involvedObject"]
        let kind = (object?["kind"]?.stringValue ?? "").lowercased()
        let name = object?["name"]?.stringValue ?? ""
        var source = row.text("source", "component") ?? row.text("reportingComponent") ?? ""
        if let host = row.text("source", "host") ?? row.text("reportingInstance"), !host.isEmpty {
            source += ", " + host
        }
        return [
            row.age(last), .string(row.text("type") ?? ""), .string(row.text("reason") ?? ""),
            .string(name.isEmpty ? kind : "\(kind)/\(name)"), .string(object?["fieldPath"]?.stringValue ?? ""),
            .string(source), .string(row.oneLine("message")), row.age(first), .integer(count), row.name,
        ]
    }
}

extension TableRow {
    fileprivate func count(_ fields: String...) -> JSONValue {
        .integer(Int64(fields.reduce(0) { $0 + (object[$1]?.objectValue?.count ?? 0) }))
    }

    fileprivate func time(_ field: String) -> JSONValue? {
        guard let value = object[field], value.stringValue != nil else { return nil }
        return value
    }

    /// A line end would break the table.
    fileprivate func oneLine(_ field: String) -> String {
        var text = text(field) ?? ""
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }

    fileprivate var nodeStatus: String {
        let ready = object.at("status", "conditions")?.arrayValue?.first { $0["type"]?.stringValue == "Ready" }
        var parts = [ready == nil ? "Unknown" : ready?["status"]?.stringValue == "True" ? "Ready" : "NotReady"]
        if object.at("spec", "unschedulable")?.boolValue == true { parts.append("SchedulingDisabled") }
        return parts.joined(separator: ",")
    }

    fileprivate var nodeRoles: String {
        let prefix = "node-role.kubernetes.io/"
        let labels = object.at("metadata", "labels")?.stringDictionary ?? [:]
        var roles = labels.keys.filter { $0.hasPrefix(prefix) && $0 != prefix }.map {
            String($0.dropFirst(prefix.count))
        }
        if let role = labels["kubernetes.io/role"], !role.isEmpty { roles.append(role) }
        return roles.isEmpty ? "<none>" : Set(roles).sorted().joined(separator: ",")
    }

    fileprivate func nodeAddress(_ type: String) -> String {
        let address = object.at("status", "addresses")?.arrayValue?.first { $0["type"]?.stringValue == type }
        return address?["address"]?.stringValue ?? "<none>"
    }
}
