public import JSONTree

/// Applies a patch of any kind to an object. Pure: reads no store and no clock.
public enum PatchApplication {
    public struct Patched: Sendable {
        /// In the stored version, without nulls and unknown fields, `metadata.managedFields` brought up to date.
        /// `metadata` is otherwise as the patch left it: whoever stores it keeps what a client may not change.
        public var object: JSONValue
        /// For ``WriteResult/warnings``.
        public var warnings: [String]
    }

    /// ``patched(_:_:kind:options:now:)`` without its warnings.
    public static func apply(
        _ patch: Patch, to current: JSONValue?, kind: ResourceKind, options: WriteOptions, now: Timestamp
    ) throws(StatusError) -> JSONValue {
        try patched(current, patch, kind: kind, options: options, now: now).object
    }

    /// - Parameters:
    ///   - current: The stored object in the stored version; `nil` when there is none, which only a server-side apply
    ///     accepts: it makes one.
    ///   - options: `fieldManager` is required by a server-side apply; for the other kinds `nil` leaves
    ///     `managedFields` alone. `fieldValidation` is about fields that the patch brings in.
    ///   - now: For the times in `managedFields`.
    /// - Throws: `BadRequest` (400): the patch is malformed. `Invalid` (422): it does not fit the object, or makes
    ///   something that is none of `kind`. `Conflict` (409, with causes): a server-side apply of fields that others
    ///   own. `NotFound`.
    public static func patched(
        _ current: JSONValue?, _ patch: Patch, kind: ResourceKind, options: WriteOptions, now: Timestamp
    ) throws(StatusError) -> Patched {
        let merged: JSONValue
        switch patch {
        case .apply(let configuration, let force):
            return try ServerSideApply(kind: kind, options: options, now: now)
                .apply(configuration, to: current, force: force)
        case .json(let operations): merged = try JSONPatch(operations).applied(to: try existing(current, kind))
        case .merge(let changes):
            guard case .object = changes else {
                throw .badRequest("error decoding patch: a merge patch is an object, not \(changes.typeName)")
            }
            merged = MergePatch.apply(changes, to: try existing(current, kind))
        case .strategicMerge(let changes):
            merged = try StrategicMergePatch.apply(
                changes, to: try existing(current, kind), type: Schema.kubernetes.type(of: kind))
        }
        let name = current?.at("metadata", "name")?.stringValue ?? ""
        var result = try checked(merged, kind: kind, name: name, validation: options.fieldValidation)
        if let manager = options.fieldManager {
            result.object = FieldManagement.track(
                before: current, after: result.object, kind: kind, manager: manager, subresource: options.subresource,
                now: now)
        }
        return result
    }

    private static func existing(_ current: JSONValue?, _ kind: ResourceKind) throws(StatusError) -> JSONValue {
        guard let current else { throw .notFound(kind, "") }
        return current
    }

    /// What a patch made must still be an object of its kind.
    static func checked(
        _ object: JSONValue, kind: ResourceKind, name: String, validation: FieldValidation
    ) throws(StatusError) -> Patched {
        guard case .object = object else {
            throw .badRequest("the patch makes \(object.typeName) of the object")
        }
        var object = object
        var version = kind.version
        if let apiVersion = object["apiVersion"]?.stringValue, apiVersion != kind.apiVersion {
            let older = kind.versions.first { (kind.group.isEmpty ? $0 : "\(kind.group)/\($0)") == apiVersion }
            guard let older else {
                throw .badRequest(
                    "the API version in the data (\(apiVersion)) does not match the expected API version "
                        + "(\(kind.apiVersion))")
            }
            version = older
        }
        if let given = object["kind"], given != .string(kind.kind) {
            throw .badRequest(
                "the kind in the data (\(given.stringValue ?? given.typeName)) does not match the expected kind "
                    + "(\(kind.kind))")
        }
        object["kind"] = .string(kind.kind)
        if object["apiVersion"] == nil { object["apiVersion"] = .string(kind.apiVersion) }
        do throws(StrictDecoding.DecodingFault) {
            let decoded = try StrictDecoding.decodeFields(
                object, as: kind, version: version, validation: validation)
            return Patched(object: decoded.object, warnings: decoded.warnings)
        } catch {
            // Kubernetes also prints the whole object here; it may hold secrets.
            throw .invalid(
                kind, name,
                [
                    StatusError.Cause(
                        reason: "FieldValueInvalid", message: "Invalid value: \(error.message)", field: "patch")
                ])
        }
    }
}
