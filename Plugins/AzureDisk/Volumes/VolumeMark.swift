import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

/// What this driver writes into a disk's or snapshot's tags: whose it is, of which volume, and made with what. A volume's
/// user cannot write there. Tag names may not hold a slash: Azure's drivers write `-` where Kubernetes has `/`.
struct VolumeMark: Sendable, Hashable {
    /// Begins the names that are this driver's own.
    static let prefix = "berth.dev-"
    private static let owner = "berth.dev-owner"
    private static let request = "berth.dev-request"
    private static let snapshot = "berth.dev-snapshot"
    private static let volume = "kubernetes.io-created-for-pv-name"
    private static let claim = "kubernetes.io-created-for-pvc-name"
    private static let namespace = "kubernetes.io-created-for-pvc-namespace"

    /// The host's identity.
    var owner: String?
    /// The name that the host gave to the volume, or to the snapshot.
    var name: String?
    /// What was asked for, in short; equal for equal requests.
    var request: String?

    init(owner: String?, name: String?, request: String?) {
        self.owner = owner
        self.name = name
        self.request = request
    }

    /// Reads the tags of a disk or snapshot.
    init(_ resource: JSONValue, _ kind: ResourceID.Kind) {
        let tags = resource["tags"]?.stringDictionary ?? [:]
        // Azure keeps the case of tag names, and compares them without it.
        func tag(_ name: String) -> String? { tags[name] ?? tags.first { $0.key.lowercased() == name }?.value }
        self.init(
            owner: tag(Self.owner), name: tag(kind == .snapshot ? Self.snapshot : Self.volume),
            request: tag(Self.request))
    }

    /// Every tag of a new disk.
    static func tags(
        of call: VolumeCall, _ dialect: Dialect, user: [String: String], request: String
    ) -> [String: String] {
        var tags = user
        switch dialect {
        case .csi: tags["k8s-azure-created-by"] = "kubernetes-azure-dd"
        case .inTree: tags["created-by"] = "kubernetes-azure-dd"
        }
        tags[Self.volume] = call.volume.name
        if let claim = call.request.claim {
            tags[Self.claim] = claim.name
            tags[Self.namespace] = claim.namespace
        }
        tags[Self.owner] = call.request.owner
        tags[Self.request] = request
        return tags
    }

    /// Every tag of a new snapshot.
    static func tags(ofSnapshot name: String, owner: String?, user: [String: String]) -> [String: String] {
        var tags = user
        tags["k8s-azure-created-by"] = "kubernetes-azure-dd"
        tags[Self.snapshot] = name
        tags[Self.owner] = owner
        return tags
    }

    /// The short form of what was asked for: half of a SHA-256, in hexadecimal.
    static func digest(_ json: JSONValue) -> String {
        Hex.encoded(Digest.sha256(json.canonicalEncoded).prefix(16))
    }

    /// Whether the mark is nobody else's.
    func belongs(to owner: String?) -> Bool { self.owner == nil || owner == nil || self.owner == owner }
}
