import DriverProtocol
import JSONTree
import StorageDriverKit

/// A StorageClass's parameters, together with what drivers.json gives for classes that do not say.
struct ClassParameters: Sendable {
    enum Deletion: String, Sendable {
        case delete, retain, archive
    }

    /// At least one; where there are several, any of them may take a volume.
    let exports: [Export]
    let pathPattern: PathPattern
    /// Permissions of a new volume's directory.
    let mode: UInt32
    /// Whether the class gives them; otherwise a copy keeps those of what it is a copy of.
    let setsMode: Bool
    let uid: UInt32?
    let gid: UInt32?
    let deletion: Deletion
    let isReadOnly: Bool
    let watchesQuota: Bool
    let adoptsExisting: Bool

    /// What a class may say, as `init` publishes it. Defaults that drivers.json may change are in the descriptions
    /// only: a default in the schema would be filled in before drivers.json is asked.
    static let schema: JSONValue = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": [
            "server": text(
                "host name or address of the NFS server; several with commas between: a volume goes where the most room is"
            ),
            "share": text(
                "the exported directory, an absolute path; several with commas between, one for each server or all of one"
            ),
            "version": [
                "type": "string", "enum": JSONValue(Export.Version.allCases.map(\.rawValue)),
                "description":
                    "of NFS, to the driver; otherwise what the mount option nfsvers says, and without that 3",
            ],
            "port": port("the server's NFS port; otherwise 2049"),
            "mountPort": port("the server's mount port, for version 3; otherwise its portmapper is asked"),
            "pathPattern": text(
                """
                where in the share a volume lies; ${pvc.namespace}, ${pvc.name}, ${pvc.annotations['KEY']}, \
                ${pvc.labels['KEY']} and ${pv.name} stand for the claim's; otherwise ${pv.name}
                """),
            "subDir": text("the same as pathPattern, by the name that nfs.csi.k8s.io has for it"),
            "mountPermissions": [
                "type": "string", "pattern": "^[0-7]{1,4}$",
                "description": "permissions of the volume's directory, octal; 0, and otherwise: 0777",
            ],
            "uid": identity("the owner of the volume's directory; otherwise whom the server makes it"),
            "gid": identity("the group of the volume's directory; otherwise what the server makes it"),
            "onDelete": [
                "type": "string", "enum": ["delete", "retain", "archive"],
                "description":
                    """
                what becomes of the data when the volume is deleted: erased, left where it is, or renamed to \
                archived-…; otherwise what archiveOnDelete says, and without that delete
                """,
            ],
            "archiveOnDelete": [
                "type": "boolean",
                "description": "as nfs-subdir-external-provisioner has it: true is onDelete: archive, false is delete",
            ],
            "readOnly": ["type": "boolean", "description": "PersistentVolumes are mounted read-only; otherwise false"],
            "softQuota": [
                "type": "boolean",
                "description":
                    "stats calls a volume that holds more than its capacity abnormal, and says so; otherwise false",
            ],
            "adoptExisting": [
                "type": "boolean",
                "description":
                    """
                take over a directory that is at the volume's path already and belongs to no volume, data and \
                all: for predictable paths after a cluster was rebuilt; otherwise false
                """,
            ],
            "timeoutSeconds": [
                "type": "integer", "minimum": 1, "maximum": 3600,
                "description": "how long the server may be silent before it counts as gone; otherwise 10",
            ],
        ],
    ]

    private static func text(_ description: String) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": 1024, "description": .string(description)]
    }

    private static func port(_ description: String) -> JSONValue {
        ["type": "integer", "minimum": 1, "maximum": 65535, "description": .string(description)]
    }

    private static func identity(_ description: String) -> JSONValue {
        ["type": "integer", "minimum": 0, "maximum": 4_294_967_294, "description": .string(description)]
    }

    static let names: Set<String> = Set(schema["properties"]?.objectValue?.keys ?? [])

    /// - Parameters:
    ///   - given: The class's, checked against ``schema``.
    ///   - defaults: Those of drivers.json.
    ///   - mountOptions: May name the version of NFS.
    init(
        _ given: [String: String], defaults: [String: String], mountOptions: [String] = []
    ) throws(DriverError) {
        var values = Self.withDefaults(defaults, given)
        if values["version"] == nil, Self.nfsVersion(mountOptions)?.hasPrefix("4") == true { values["version"] = "4" }
        exports = try Self.exports(values)
        if values["subDir"] != nil, values["pathPattern"] != nil {
            throw DriverError(
                .invalidArgument, "subDir and pathPattern are the same parameter by two names; give one of them",
                field: "parameters.subDir")
        }
        pathPattern =
            if let subDir = values["subDir"] {
                try PathPattern(Self.withoutOuterSlashes(subDir), parameter: "subDir")
            } else {
                try PathPattern(Self.withoutOuterSlashes(values["pathPattern"] ?? PathPattern.byVolumeName))
            }
        let mode = try Self.value("mountPermissions", values["mountPermissions"] ?? "0") { UInt32($0, radix: 8) }
        setsMode = mode != 0
        self.mode = mode == 0 ? 0o777 : mode
        uid = try values["uid"].map { text throws(DriverError) in try Self.value("uid", text) { UInt32($0) } }
        gid = try values["gid"].map { text throws(DriverError) in try Self.value("gid", text) { UInt32($0) } }
        let inherited: Deletion = values["archiveOnDelete"] == "true" ? .archive : .delete
        deletion = try Self.value("onDelete", values["onDelete"] ?? inherited.rawValue, Deletion.init)
        isReadOnly = values["readOnly"] == "true"
        watchesQuota = values["softQuota"] == "true"
        adoptsExisting = values["adoptExisting"] == "true"
    }

    /// A class that says one of two parameters that mean the same leaves no room for the other's default.
    private static func withDefaults(_ defaults: [String: String], _ given: [String: String]) -> [String: String] {
        var values = defaults
        if given["subDir"] != nil || given["pathPattern"] != nil {
            values["subDir"] = nil
            values["pathPattern"] = nil
        }
        if given["onDelete"] != nil || given["archiveOnDelete"] != nil {
            values["onDelete"] = nil
            values["archiveOnDelete"] = nil
        }
        if given["server"] != nil {
            for name in ["port", "mountPort", "share"] { values[name] = nil }
        }
        return values.merging(given) { $1 }
    }

    private static func exports(_ values: [String: String]) throws(DriverError) -> [Export] {
        let servers = list(values["server"])
        let shares = list(values["share"])
        guard !servers.isEmpty, !shares.isEmpty else {
            let missing = servers.isEmpty ? "server" : "share"
            throw DriverError(
                .invalidArgument,
                "no \(missing): give the class a parameter \(missing), or the driver a \(missing) in drivers.json",
                field: "parameters.\(missing)")
        }
        guard servers.count == shares.count || servers.count == 1 || shares.count == 1 else {
            throw DriverError(
                .invalidArgument,
                "\(servers.count) servers and \(shares.count) shares do not make pairs: give one share for each server, "
                    + "or one of either",
                field: "parameters.share")
        }
        let version: Export.Version = try value("version", values["version"] ?? "3", Export.Version.init)
        let port = try values["port"].map { text throws(DriverError) in try value("port", text) { UInt16($0) } }
        let mountPort = try values["mountPort"].map { text throws(DriverError) in
            try value("mountPort", text) { UInt16($0) }
        }
        let patience = try values["timeoutSeconds"].map { text throws(DriverError) in
            try value("timeoutSeconds", text) { Int64($0).map { Duration.seconds($0) } }
        }
        var exports: [Export] = []
        for position in 0..<max(servers.count, shares.count) {
            let export = try Export(
                server: servers[servers.count == 1 ? 0 : position], share: shares[shares.count == 1 ? 0 : position],
                version: version, port: port, mountPort: mountPort, patience: patience ?? Export.defaultPatience)
            if !exports.contains(export) { exports.append(export) }
        }
        return exports
    }

    private static func list(_ text: String?) -> [String] {
        (text ?? "").split(separator: ",").map { item in
            var item = item
            while item.first == " " { item.removeFirst() }
            while item.last == " " { item.removeLast() }
            return String(item)
        }.filter { !$0.isEmpty }
    }

    /// Other provisioners join a pattern to the share as a path, where a slash more does no harm.
    private static func withoutOuterSlashes(_ pattern: String) -> String {
        var pattern = pattern[...]
        while pattern.first == "/" { pattern.removeFirst() }
        while pattern.last == "/" { pattern.removeLast() }
        return String(pattern)
    }

    /// As `nfsvers=4.1` or `vers=3` says it.
    private static func nfsVersion(_ mountOptions: [String]) -> Substring? {
        for option in mountOptions.flatMap({ $0.split(separator: ",") }).reversed() {
            for name in ["nfsvers=", "vers="] where option.hasPrefix(name) { return option.dropFirst(name.count) }
        }
        return nil
    }

    private static func value<Value>(
        _ name: String, _ text: String, _ read: (String) -> Value?
    ) throws(DriverError) -> Value {
        guard let value = read(text) else {
            throw DriverError(.invalidArgument, "parameter \"\(name)\" cannot be read", field: "parameters.\(name)")
        }
        return value
    }
}
