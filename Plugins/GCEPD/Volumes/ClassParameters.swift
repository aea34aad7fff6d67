import DriverProtocol
import JSONTree

/// The parameters of a StorageClass, in one of the two dialects.
struct ClassParameters {
    var type: DiskType
    var isRegional: Bool
    /// Those that the class names.
    var zones: [String]
    var fsType: String?
    var kmsKey: String?
    var labels: [String: String]
    var iops: Int64?
    /// In MiB/s.
    var throughput: Int64?
    var isConfidential: Bool
    /// References, each in another zone.
    var storagePools: [String]
    var accessMode: String?
    var resourceTags: [String: String]
    /// A regional disk may be taken from an instance whose zone has failed.
    var attachesByForce: Bool

    /// - Parameter parameters: Checked against the schema, complete with its defaults.
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT` where they do not go together.
    init(_ parameters: [String: String]) throws(DriverError) {
        let typeName = parameters["type"] ?? "pd-standard"
        guard let type = DiskType.named(typeName) else {
            throw Self.invalid("type", "\"\(typeName)\" is no disk type that the driver knows")
        }
        self.type = type
        isRegional = parameters["replication-type"] == "regional-pd" || !type.isZonal
        if isRegional, type.regionalMinimumGiB == nil {
            throw Self.invalid("type", "there are no regional disks of the type \(type.name)")
        }
        if parameters["zone"] != nil, parameters["zones"] != nil {
            throw Self.invalid("zones", "zone and zones exclude each other")
        }
        zones = Self.list(parameters["zone"] ?? parameters["zones"])
        if parameters["zone"] != nil, isRegional {
            throw Self.invalid("zone", "a regional disk lies in two zones; name them with zones, or leave both out")
        }
        fsType = parameters["fstype"]
        kmsKey = parameters["disk-encryption-kms-key"]
        labels = try Self.pairs(parameters, "labels")
        iops = parameters["provisioned-iops-on-create"].flatMap(Int64.init)
        throughput = try parameters["provisioned-throughput-on-create"].map { text throws(DriverError) in
            try Throughput.mebibytes(text, field: "parameters.provisioned-throughput-on-create")
        }
        if iops != nil, !type.hasIOPS {
            throw Self.invalid("provisioned-iops-on-create", "disks of the type \(type.name) have no such setting")
        }
        if throughput != nil, !type.hasThroughput {
            throw Self.invalid(
                "provisioned-throughput-on-create", "disks of the type \(type.name) have no such setting")
        }
        isConfidential = parameters["enable-confidential-storage"] == "true"
        if isConfidential, kmsKey == nil {
            throw Self.invalid("disk-encryption-kms-key", "confidential storage needs a key")
        }
        storagePools = Self.list(parameters["storage-pools"])
        accessMode = parameters["access-mode"]
        if let accessMode, !type.accessModes.contains(accessMode) {
            throw Self.invalid("type", "disks of the type \(type.name) do not have the access mode \(accessMode)")
        }
        resourceTags = try Self.tags(parameters["resource-tags"])
        attachesByForce = parameters["availability-class"] == "regional-hard-failover"
        if attachesByForce, !isRegional {
            throw Self.invalid("replication-type", "availability-class regional-hard-failover needs regional-pd")
        }
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
    }

    private static func pairs(_ parameters: [String: String], _ name: String) throws(DriverError) -> [String: String] {
        var pairs: [String: String] = [:]
        for part in list(parameters[name]) {
            guard let equals = part.firstIndex(of: "=") else {
                throw invalid(name, "is a list as key=value,key2=value2")
            }
            pairs[part[..<equals].trimmed] = part[part.index(after: equals)...].trimmed
        }
        return pairs
    }

    /// `parent/key/value,…`, the API's `{"parent/key": "value"}`.
    private static func tags(_ text: String?) throws(DriverError) -> [String: String] {
        var tags: [String: String] = [:]
        for part in list(text) {
            let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
            guard pieces.count == 3, pieces.allSatisfy({ !$0.isEmpty }) else {
                throw invalid("resource-tags", "is a list as parent/key/value,…")
            }
            tags["\(pieces[0])/\(pieces[1])"] = String(pieces[2])
        }
        return tags
    }

    private static func invalid(_ name: String, _ reason: String) -> DriverError {
        DriverError(.invalidArgument, "parameter \"\(name)\": \(reason)", field: "parameters.\(name)")
    }
}

/// Throughput as classes write it: `140Mi`, in bytes a second with a binary suffix.
enum Throughput {
    static let pattern = "^[1-9][0-9]{0,9}(Mi|Gi)$"

    /// In MiB/s.
    static func mebibytes(_ text: String, field: String) throws(DriverError) -> Int64 {
        guard let number = Int64(text.dropLast(2)) else {
            throw DriverError(.invalidArgument, "\"\(text)\" is no throughput, as 140Mi", field: field)
        }
        return text.hasSuffix("Gi") ? number * 1024 : number
    }
}

extension StringProtocol {
    var trimmed: String {
        var rest = self[...]
        while rest.first?.isWhitespace == true { rest = rest.dropFirst() }
        while rest.last?.isWhitespace == true { rest = rest.dropLast() }
        return String(rest)
    }
}
