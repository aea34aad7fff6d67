import DriverProtocol
import Glibc
import JSONTree
import StorageDriverKit

/// A StorageClass's parameters, read.
struct ClassParameters {
    enum Deletion: String {
        case delete, retain, archive
    }

    enum Enforcement: String {
        case none, image
    }

    /// Absolute, or `nil` for the driver's default.
    let basePath: String?
    let pathPattern: PathPattern
    let mode: mode_t
    let uid: uid_t?
    let gid: gid_t?
    let deletion: Deletion
    let enforcement: Enforcement
    let adoptsExisting: Bool

    /// What a class may say, as `init` publishes it.
    static let schema: JSONValue = [
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": false,
        "properties": [
            "basePath": [
                "type": "string", "pattern": "^/.", "maxLength": 1024,
                "description":
                    "the directory in which volumes are made, an absolute path; made itself if only it is missing",
            ],
            "pathPattern": [
                "type": "string", "minLength": 1, "maxLength": 1024, "default": .string(PathPattern.byVolumeName),
                "description":
                    """
                where beneath basePath a volume lies; ${pvc.namespace}, ${pvc.name}, ${pvc.annotations['KEY']}, \
                ${pvc.labels['KEY']} and ${pv.name} stand for the claim's
                """,
            ],
            "mode": [
                "type": "string", "pattern": "^[0-7]{3,4}$", "default": "0770",
                "description":
                    """
                permissions of the volume's directory, octal; a container that runs as another user than uid and \
                in another group than gid needs 0777
                """,
            ],
            "uid": [
                "type": "integer", "minimum": 0, "maximum": 4_294_967_294,
                "description": "the owner of the volume's directory; absent: the driver's own user",
            ],
            "gid": [
                "type": "integer", "minimum": 0, "maximum": 4_294_967_294,
                "description": "the group of the volume's directory; absent: the driver's own group",
            ],
            "onDelete": [
                "type": "string", "enum": ["delete", "retain", "archive"], "default": "delete",
                "description":
                    """
                what becomes of the data when the volume is deleted: erased, left where it is, or renamed to \
                archived-…
                """,
            ],
            "enforceCapacity": [
                "type": "string", "enum": ["none", "image"], "default": "none",
                "description":
                    """
                image: the volume is a file system of its own, in a sparse file of its size, so that a full one \
                says so; needs root and loop devices
                """,
            ],
            "adoptExisting": [
                "type": "boolean", "default": "false",
                "description":
                    """
                take over a directory that is at the volume's path already and belongs to no volume, data and \
                all: for predictable paths after a cluster was rebuilt
                """,
            ],
        ],
    ]

    /// - Parameter parameters: Checked against ``schema`` and completed, except for a volume that is there already.
    init(_ parameters: [String: String]) throws(DriverError) {
        basePath = try parameters["basePath"].map { path throws(DriverError) in
            try BasePath.checked(path, field: "parameters.basePath")
        }
        pathPattern = try PathPattern(parameters["pathPattern"] ?? PathPattern.byVolumeName)
        mode = try Self.value("mode", parameters["mode"] ?? "0770") { mode_t($0, radix: 8) }
        uid = try parameters["uid"].map { text throws(DriverError) in try Self.value("uid", text) { uid_t($0) } }
        gid = try parameters["gid"].map { text throws(DriverError) in try Self.value("gid", text) { gid_t($0) } }
        deletion = try Self.value("onDelete", parameters["onDelete"] ?? "delete", Deletion.init)
        enforcement = try Self.value("enforceCapacity", parameters["enforceCapacity"] ?? "none", Enforcement.init)
        adoptsExisting = parameters["adoptExisting"] == "true"
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

/// The path of a base directory, checked.
enum BasePath {
    /// An absolute path without `.`, `..` and superfluous slashes, other than `/`.
    static func checked(_ path: String, field: String) throws(DriverError) -> String {
        // By bytes, as the kernel does it: "/" and a combining mark behind it are one `Character`, which is no "/".
        let components = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        guard path.utf8.first == UInt8(ascii: "/"), !components.isEmpty, !path.utf8.contains(0) else {
            throw DriverError(.invalidArgument, "\(field) must be an absolute path, and not / itself", field: field)
        }
        guard !components.contains("."), !components.contains("..") else {
            throw DriverError(.invalidArgument, "\(field) must be an absolute path without . and ..", field: field)
        }
        return "/" + components.joined(separator: "/")
    }

    /// Whether `path` is `directory`, or lies beneath it.
    static func isWithin(_ path: String, _ directory: String) -> Bool {
        path == directory || path.utf8.starts(with: (directory + "/").utf8)
    }
}
