public import JSONTree

/// `volume` of a reply: what was made.
public struct ProvisionedVolume: Hashable, JSONConvertible {
    /// `id`, required: the driver's own name for it, not empty, at most 1024 bytes; given back on later calls.
    public var id: String
    /// `name`: the one that the host gave; required in a `list`, so that the host finds what belongs to what.
    public var name: String?
    /// `capacityBytes`: what was really made. At least what was asked for, at most the limit. Absent: exactly what
    /// was asked for.
    public var capacityBytes: Int64?
    /// `volumeSource`: a Kubernetes PersistentVolumeSource, an object with one member, as
    /// `{"nfs": {"server": "10.0.0.7", "path": "/export/v1"}}`. Required with the success of `provision`.
    public var volumeSource: JSONValue?
    /// `context`, optional: an object of strings that comes back whole on every later call.
    public var context: [String: String]
    /// `topology`, optional: from where the volume can be reached: any one of these; becomes the PersistentVolume's
    /// node affinity. Absent: from everywhere.
    public var topology: [[String: String]]
    /// `labels`, optional: go onto the PersistentVolume.
    public var labels: [String: String]
    /// `contentSource`, optional: what it was made from; must be given where the request gave one.
    public var contentSource: ContentSource?

    public init(
        id: String, name: String? = nil, capacityBytes: Int64? = nil, volumeSource: JSONValue? = nil,
        context: [String: String] = [:], topology: [[String: String]] = [], labels: [String: String] = [:],
        contentSource: ContentSource? = nil
    ) {
        self.id = id
        self.name = name
        self.capacityBytes = capacityBytes
        self.volumeSource = volumeSource
        self.context = context
        self.topology = topology
        self.labels = labels
        self.contentSource = contentSource
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        id = try members.requiredString("id")
        guard id.utf8.count <= 1024 else {
            throw ProtocolError(path: "id", expected: "at most 1024 bytes", found: "\(id.utf8.count) bytes")
        }
        name = try members.string("name")
        capacityBytes = try members.integer("capacityBytes")
        if let source = try members.object("volumeSource") {
            guard source.count == 1, let only = source.first, only.value.objectValue != nil else {
                throw ProtocolError(
                    path: "volumeSource", expected: "an object with one member that is an object",
                    found: source.isEmpty ? "{}" : "the members \(source.keys.joined(separator: ", "))")
            }
            volumeSource = .object(source)
        }
        context = try members.dictionary("context")
        topology = try members.dictionaries("topology")
        labels = try members.dictionary("labels")
        contentSource = try members.part("contentSource", as: ContentSource.self)
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("id", id)
        writer.set("name", name)
        writer.set("capacityBytes", capacityBytes)
        writer.set("volumeSource", volumeSource)
        writer.set("context", context)
        writer.set("topology", topology)
        writer.set("labels", labels)
        writer.set("contentSource", contentSource)
        return writer.json
    }
}
