/// Where a resource lies.
enum ComputeScope: Hashable, Codable, Comparable {
    case zone(String)
    case region(String)
    case global

    /// `zones/us-central1-a`
    var path: String {
        switch self {
        case .zone(let name): "zones/\(name)"
        case .region(let name): "regions/\(name)"
        case .global: "global"
        }
    }

    static func < (left: ComputeScope, right: ComputeScope) -> Bool { left.path < right.path }
}

/// What a resource is called, in full.
struct ComputeResource: Hashable, Codable {
    /// `disks`, `snapshots`, `instances`, `operations`, …
    enum Collection: String, Codable, CaseIterable {
        case disks, snapshots, instances, operations, diskTypes, storagePools
    }

    var project: String
    var scope: ComputeScope
    var collection: Collection
    var name: String

    /// `projects/p/zones/z/disks/d`, as messages and stored documents have it.
    var path: String { "projects/\(project)/\(scope.path)/\(collection.rawValue)/\(name)" }

    /// Reads a reference as clients write them: a whole URL, or what follows `/compute/v1/`, or what follows the project.
    init?(_ reference: String, project: String) {
        var parts = reference.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        if let start = parts.firstIndex(of: "projects") {
            parts = Array(parts[start...])
        } else {
            parts = ["projects", project] + parts
        }
        guard parts.count >= 5 else { return nil }
        self.project = parts[1]
        let tail: ArraySlice<String>
        switch parts[2] {
        case "global":
            scope = .global
            tail = parts[3...]
        case "zones":
            scope = .zone(parts[3])
            tail = parts[4...]
        case "regions":
            scope = .region(parts[3])
            tail = parts[4...]
        default: return nil
        }
        guard tail.count == 2, let first = tail.first, let collection = Collection(rawValue: first),
            let last = tail.last
        else { return nil }
        self.collection = collection
        name = last
    }

    init(_ project: String, _ scope: ComputeScope, _ collection: Collection, _ name: String) {
        self.project = project
        self.scope = scope
        self.collection = collection
        self.name = name
    }

    /// `[a-z]([-a-z0-9]{0,61}[a-z0-9])?`
    static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...63).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
        func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
        return isLetter(first) && (isLetter(last) || isDigit(last))
            && bytes.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }
}
