import DriverProtocol
import JSONTree
import StorageDriverKit

/// What the driver remembers of a volume, in a file beside the volumes, out of the tenants' reach: that it is ours,
/// whose, where, and with which arguments it was made.
struct VolumeMark: Sendable {
    var name: String
    var path: VolumePath
    /// The host that asked for it.
    var owner: String?
    var capacityBytes: Int64
    /// The class's, complete with defaults.
    var parameters: [String: String]
    /// The file system of an image.
    var fsType: String?
    var mountOptions: [String]
    var contentSource: ContentSource?
    /// For people who look into a base directory.
    var claim: ClaimReference?
}

extension VolumeMark {
    static let limit = 64 * 1024

    /// Reads a mark. `nil` for one that was torn: the machine lost power before it was on disk.
    init?(_ bytes: [UInt8], name: String) {
        guard let json = try? JSONParser.parse(bytes), json["version"]?.integerValue == 1,
            json["name"]?.stringValue == name, let text = json["path"]?.stringValue,
            let path = try? VolumePath(text), let capacityBytes = json["capacityBytes"]?.integerValue,
            let parameters = json["parameters"]?.stringDictionary
        else { return nil }
        self.name = name
        self.path = path
        self.capacityBytes = capacityBytes
        self.parameters = parameters
        owner = json["owner"]?.stringValue
        fsType = json["fsType"]?.stringValue
        mountOptions = json["mountOptions"]?.stringArray ?? []
        contentSource = json["contentSource"].flatMap { try? ContentSource(json: $0) }
        claim = json["claim"].flatMap { try? ClaimReference(json: $0) }
    }

    var bytes: [UInt8] {
        var json: JSONValue = [
            "version": 1, "name": .string(name), "path": .string(path.description),
            "capacityBytes": .integer(capacityBytes), "parameters": JSONValue(parameters),
        ]
        json["owner"] = owner.map(JSONValue.string)
        json["fsType"] = fsType.map(JSONValue.string)
        if !mountOptions.isEmpty { json["mountOptions"] = JSONValue(mountOptions) }
        json["contentSource"] = contentSource?.json
        // Without labels and annotations, which can be large and are of no use here.
        json["claim"] = claim.map { ClaimReference(namespace: $0.namespace, name: $0.name, uid: $0.uid).json }
        return json.encoded + [UInt8(ascii: "\n")]
    }

    /// Why a call with other arguments may not have this volume; `nil` when it may.
    func conflict(with other: VolumeMark, limitBytes: Int64?) -> String? {
        if owner != other.owner, owner != nil, other.owner != nil {
            return "it belongs to another host, \(owner ?? "")"
        }
        if path != other.path { return "it lies at \(path), and not at \(other.path)" }
        if capacityBytes < other.capacityBytes {
            return "it has \(capacityBytes) bytes, and \(other.capacityBytes) are asked for"
        }
        if let limitBytes, capacityBytes > limitBytes {
            return "it has \(capacityBytes) bytes, and at most \(limitBytes) are asked for"
        }
        if parameters != other.parameters {
            let names = Set(parameters.keys).union(other.parameters.keys).sorted()
                .filter { parameters[$0] != other.parameters[$0] }
            return "it was made with other parameters: \(names.joined(separator: ", ")) differ"
        }
        if fsType != other.fsType { return "it has the file system \(fsType ?? "of its base directory")" }
        if contentSource != other.contentSource { return "it was made from another content source" }
        return nil
    }
}
