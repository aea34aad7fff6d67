import DriverProtocol
import JSONTree

/// A disk as the API gives it.
struct Disk {
    /// Behind the project: `zones/z/disks/d`.
    let path: String
    let name: String
    let status: String
    let sizeGiB: Int64
    let mark: ResourceMark?
    let type: String
    /// The one, or a regional disk's two.
    let zones: [String]
    /// Instances' paths behind the project.
    let users: [String]
    let provisionedIOPS: Int64?
    let provisionedThroughput: Int64?
    let json: JSONValue

    /// - Throws: ``ComputeFailure``: what the API gives is no disk.
    init(_ json: JSONValue, _ api: String) throws(ComputeFailure) {
        guard let path = ComputeAPI.path(of: json["selfLink"]?.stringValue), let name = json["name"]?.stringValue,
            let size = json["sizeGb"]?.stringValue.flatMap(Int64.init), DiskType.gibibytes.contains(size),
            let status = json["status"]?.stringValue
        else {
            throw ComputeFailure(
                cause: .refused(status: 502, reason: "backendError", message: "what it gives is no disk"), api: api)
        }
        self.path = path
        self.name = name
        self.status = status
        sizeGiB = size
        mark = ResourceMark(json)
        func last(_ link: String) -> String { link.split(separator: "/").last.map(String.init) ?? link }
        type = json["type"]?.stringValue.map(last) ?? ""
        let replicas = (json["replicaZones"]?.stringArray ?? []).map(last)
        zones = replicas.isEmpty ? json["zone"]?.stringValue.map { [last($0)] } ?? [] : replicas.sorted()
        users = (json["users"]?.stringArray ?? []).compactMap { ComputeAPI.path(of: $0) }
        provisionedIOPS = json["provisionedIops"]?.stringValue.flatMap(Int64.init)
        provisionedThroughput = json["provisionedThroughput"]?.stringValue.flatMap(Int64.init)
        self.json = json
    }

    var bytes: Int64 { sizeGiB * DiskType.bytesPerGiB }
}

/// Where a disk lies, as far as its path says: `zones/z/disks/d` or `regions/r/disks/d`.
struct DiskPath: Hashable {
    let scope: String
    let name: String

    init(scope: String, name: String) {
        self.scope = scope
        self.name = name
    }

    /// Reads `projects/p/zones/z/disks/d`, a volume's id, or what of it stands behind the project.
    init?(id: String) {
        var parts = id.split(separator: "/", omittingEmptySubsequences: false).map(String.init)[...]
        if parts.first == "projects" { parts = parts.dropFirst(2) }
        guard parts.count == 4, let kind = parts.first, kind == "zones" || kind == "regions",
            parts[parts.startIndex + 2] == "disks", let name = parts.last, DiskName.isValid(name)
        else { return nil }
        scope = "\(kind)/\(parts[parts.startIndex + 1])"
        self.name = name
    }

    var path: String { "\(scope)/disks/\(name)" }
    var isRegional: Bool { scope.hasPrefix("regions/") }

    /// `disks` or `regionDisks`, as the API's documentation names them.
    var api: String { isRegional ? "regionDisks" : "disks" }

    /// What udev on the instance makes of it: `by-id/google-<device name>`.
    var deviceName: String { isRegional ? "\(name)-regional" : name }
}
