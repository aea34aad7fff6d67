public import JSONTree

/// `driver`: how the driver is registered in drivers.json.
public struct DriverReference: Hashable, JSONConvertible {
    /// `name`, required: the name under which the host knows the driver.
    public var name: String
    /// `config`, optional: the object that drivers.json gives, whatever it holds. Not a place for secrets.
    public var config: JSONObject

    public init(name: String, config: JSONObject = [:]) {
        self.name = name
        self.config = config
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        name = try members.requiredString("name")
        config = try members.object("config") ?? [:]
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("name", name)
        if !config.isEmpty { writer.set("config", .object(config)) }
        return writer.json
    }
}

/// `claim`: the PersistentVolumeClaim for which a volume is made. Its labels and annotations are a tenant's words:
/// a driver that builds names from them must clean them first.
public struct ClaimReference: Hashable, JSONConvertible {
    /// `namespace`, `name`: required.
    public var namespace: String
    public var name: String
    /// `uid`, optional.
    public var uid: String?
    /// `labels`, `annotations`: optional objects of strings.
    public var labels: [String: String]
    public var annotations: [String: String]

    public init(
        namespace: String, name: String, uid: String? = nil, labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.labels = labels
        self.annotations = annotations
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        namespace = try members.requiredString("namespace")
        name = try members.requiredString("name")
        uid = try members.string("uid")
        labels = try members.dictionary("labels")
        annotations = try members.dictionary("annotations")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("namespace", namespace)
        writer.set("name", name)
        writer.set("uid", uid)
        writer.set("labels", labels)
        writer.set("annotations", annotations)
        return writer.json
    }
}

/// `node`: a machine to attach to or to mount on.
public struct NodeReference: Hashable, JSONConvertible {
    /// `name`, required: the Kubernetes node's name.
    public var name: String
    /// `providerID`, optional: what the cloud calls it, as the node's `spec.providerID` says.
    public var providerID: String?
    /// `labels`, optional: the node's, topology labels among them.
    public var labels: [String: String]

    public init(name: String, providerID: String? = nil, labels: [String: String] = [:]) {
        self.name = name
        self.providerID = providerID
        self.labels = labels
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        name = try members.requiredString("name")
        providerID = try members.string("providerID")
        labels = try members.dictionary("labels")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("name", name)
        writer.set("providerID", providerID)
        writer.set("labels", labels)
        return writer.json
    }
}

/// `pod`: the Pod for which a volume is mounted.
public struct PodReference: Hashable, JSONConvertible {
    /// `namespace`, `name`: required.
    public var namespace: String
    public var name: String
    /// `uid`, optional.
    public var uid: String?
    /// `serviceAccount`, optional: the name of the account that it runs as.
    public var serviceAccount: String?
    /// `fsGroup`, optional: the number of the group to which the Pod wants the files to belong, from 0.
    public var fsGroup: Int64?

    public init(
        namespace: String, name: String, uid: String? = nil, serviceAccount: String? = nil, fsGroup: Int64? = nil
    ) {
        self.namespace = namespace
        self.name = name
        self.uid = uid
        self.serviceAccount = serviceAccount
        self.fsGroup = fsGroup
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        namespace = try members.requiredString("namespace")
        name = try members.requiredString("name")
        uid = try members.string("uid")
        serviceAccount = try members.string("serviceAccount")
        fsGroup = try members.integer("fsGroup")
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("namespace", namespace)
        writer.set("name", name)
        writer.set("uid", uid)
        writer.set("serviceAccount", serviceAccount)
        writer.set("fsGroup", fsGroup)
        return writer.json
    }
}

/// `paging`: which part of a list is asked for.
public struct Paging: Hashable, JSONConvertible {
    /// `startingToken`, optional: the `nextToken` of the page before; absent for the first page. A token that the
    /// driver does not know is `ABORTED`, and the host starts from the beginning.
    public var startingToken: String?
    /// `maxEntries`, optional: at most so many, from 1; absent: as many as the driver likes.
    public var maxEntries: Int?

    public init(startingToken: String? = nil, maxEntries: Int? = nil) {
        self.startingToken = startingToken
        self.maxEntries = maxEntries
    }

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        startingToken = try members.string("startingToken")
        maxEntries = try members.integer("maxEntries", in: 1...Int64(Int32.max)).map(Int.init)
    }

    public var json: JSONValue {
        var writer = MessageWriter()
        writer.set("startingToken", startingToken)
        writer.set("maxEntries", maxEntries.map(Int64.init))
        return writer.json
    }
}
