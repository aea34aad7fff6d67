import DriverProtocol
import JSONTree
import StorageDriverKit

/// What the driver remembers of a volume, beside it and out of its tenants' reach: that it is ours, whose, where, how large.
///
/// A mark is a symbolic link in `.berth/volumes` that leads nowhere: its target is the mark's text. One SYMLINK request
/// makes it, whole, durable and only if nothing has the name (RFC 1813, 3.3.10), where a file would need a CREATE, a
/// WRITE and a COMMIT, and could be found half written. It is never followed.
struct VolumeMark: Sendable {
    /// XFS takes at most 1024 bytes, others 4095.
    static let limit = 1000

    var name: String
    var path: VolumePath
    /// The host that asked for it.
    var owner: String?
    /// The name under which that host has this driver: it may have it twice, with different defaults.
    var driver: String?
    var capacityBytes: Int64
    var deletion: ClassParameters.Deletion
    var isReadOnly: Bool
    var watchesQuota: Bool
    /// Of the class's parameters: tells whether a repeated call means the same volume.
    var parametersDigest: String
    /// What it was made from: `snapshot/ID` or `volume/ID`.
    var source: String?
    /// For people who look into a share.
    var claim: ClaimReference?
    /// RFC 3339.
    var createdAt: String
}

extension VolumeMark {
    /// - Parameter text: A link's target. `nil` for one that is no mark.
    init?(_ text: [CChar], name: String) {
        guard let json = try? JSONParser.parse(text.map { UInt8(bitPattern: $0) }), json["version"]?.integerValue == 1,
            let path = json["path"]?.stringValue.flatMap({ try? VolumePath($0) }),
            let capacityBytes = json["capacityBytes"]?.integerValue,
            let deletion = json["onDelete"]?.stringValue.flatMap(ClassParameters.Deletion.init),
            let parametersDigest = json["parameters"]?.stringValue, let createdAt = json["createdAt"]?.stringValue
        else { return nil }
        self.name = name
        self.path = path
        self.capacityBytes = capacityBytes
        self.deletion = deletion
        self.parametersDigest = parametersDigest
        self.createdAt = createdAt
        isReadOnly = json["readOnly"]?.boolValue ?? false
        watchesQuota = json["softQuota"]?.boolValue ?? false
        owner = json["owner"]?.stringValue
        driver = json["driver"]?.stringValue
        source = json["source"]?.stringValue
        claim = json["claim"].flatMap { try? ClaimReference(json: $0) }
    }

    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`: it does not fit into a symbolic link.
    func text() throws(DriverError) -> [CChar] {
        var json: JSONValue = [
            "version": 1, "path": .string(path.description), "capacityBytes": .integer(capacityBytes),
            "onDelete": .string(deletion.rawValue), "parameters": .string(parametersDigest),
            "createdAt": .string(createdAt),
        ]
        json["owner"] = owner.map(JSONValue.string)
        json["driver"] = driver.map(JSONValue.string)
        if isReadOnly { json["readOnly"] = true }
        if watchesQuota { json["softQuota"] = true }
        json["source"] = source.map(JSONValue.string)
        let withoutClaim = json.encoded
        json["claim"] = claim.map { ClaimReference(namespace: $0.namespace, name: $0.name, uid: $0.uid).json }
        let whole = json.encoded
        // The claim is a convenience, the rest is not.
        let bytes = whole.count <= Self.limit ? whole : withoutClaim
        guard bytes.count <= Self.limit else {
            throw DriverError(
                .invalidArgument,
                "the path \(path) is too long: what the driver must remember of the volume has "
                    + "\(bytes.count) bytes, and \(Self.limit) fit",
                field: "parameters.pathPattern")
        }
        return bytes.map { CChar(bitPattern: $0) }
    }

    /// Why a call with other arguments may not have this volume; `nil` when it may.
    func conflict(with other: VolumeMark, limitBytes: Int64?) -> String? {
        if let owner, let theirs = other.owner, owner != theirs { return "it belongs to another host, \(owner)" }
        if path != other.path { return "it lies at \(path), and not at \(other.path)" }
        if capacityBytes < other.capacityBytes {
            return "it has \(capacityBytes) bytes, and \(other.capacityBytes) are asked for"
        }
        if let limitBytes, capacityBytes > limitBytes {
            return "it has \(capacityBytes) bytes, and at most \(limitBytes) are asked for"
        }
        if parametersDigest != other.parametersDigest { return "it was made with other parameters" }
        if source != other.source { return "it was made from another content source" }
        return nil
    }

    /// As the host is told.
    func provisioned(in export: Export, contentSource: ContentSource? = nil) -> ProvisionedVolume {
        var nfs: JSONValue = ["server": .string(export.server), "path": .string(export.path(of: path))]
        if isReadOnly { nfs["readOnly"] = true }
        var context = export.context
        context["path"] = path.description
        if watchesQuota { context[WellKnownContext.check] = WellKnownContext.stats }
        return ProvisionedVolume(
            id: name, name: name, capacityBytes: capacityBytes, volumeSource: ["nfs": nfs], context: context,
            contentSource: contentSource)
    }

    /// Tells a changed class.
    static func digest(_ parameters: [String: String]) -> String {
        var digest = Digest()
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            digest.add(name)
            digest.add(value)
        }
        return String(digest.value, radix: 16)
    }
}
