public import JSONTree

/// Checks an object against ``Schema`` as the API server does when it decodes a request.
///
/// - A value of a wrong type is refused, whatever the validation.
/// - Fields that Kubernetes knows survive, whether Berth uses them or not. Others are dropped, as Kubernetes drops
///   them; ``FieldValidation`` says whether with a warning or with a refusal.
/// - `null` is as if the field were absent. Quantities become strings in canonical form (`1024Mi` becomes `1Gi`).
/// - An object in an older version becomes one of the stored version.
public enum StrictDecoding {
    public struct Decoded: Sendable {
        public var object: JSONValue
        /// `unknown field "spec.size"`, `duplicate field "spec.size"`
        public var warnings: [String]
    }

    /// Checks the body of a create or an update.
    ///
    /// - Parameters:
    ///   - version: The version in the request's path (`v1beta1`); `nil` for the one that is stored.
    ///   - duplicates: Keys that stood twice in the text, as ``JSONParser`` reports them.
    /// - Throws: `BadRequest` (400): a type that does not fit, another kind or version than `kind`'s; with
    ///   ``FieldValidation/strict`` also unknown and duplicate fields.
    public static func decode(
        _ object: JSONValue, as kind: ResourceKind, version: String? = nil, duplicates: [String] = [],
        validation: FieldValidation
    ) throws(StatusError) -> Decoded {
        let version = version ?? kind.version
        let identified = try checkingTypeMeta(of: object, kind: kind, version: version)
        do throws(DecodingFault) {
            return try decodeFields(
                identified, as: kind, version: version, duplicates: duplicates, validation: validation)
        } catch {
            throw .badRequest(
                "\(kind.kind) in version \"\(version)\" cannot be handled as a \(kind.kind): \(error.message)")
        }
    }

    /// Why the fields of an object do not fit its type.
    struct DecodingFault: Error {
        var message: String
    }

    /// Checks an object that is known to be of `kind`, such as what a patch made.
    static func decodeFields(
        _ object: JSONValue, as kind: ResourceKind, version: String, duplicates: [String] = [],
        validation: FieldValidation
    ) throws(DecodingFault) -> Decoded {
        guard let type = Schema.kubernetes.type(of: kind, version: version) else {
            throw DecodingFault(message: "no kind \"\(kind.kind)\" is registered for version \"\(version)\"")
        }
        var walk = FieldWalk()
        var decoded = try walk.decode(object, as: type)
        let faults =
            walk.unknownFields.map { "unknown field \"\($0)\"" } + duplicates.map { "duplicate field \"\($0)\"" }
        if validation == .strict, !faults.isEmpty {
            throw DecodingFault(message: "strict decoding error: " + faults.joined(separator: ", "))
        }
        if version != kind.version { decoded = StoredVersion.convert(decoded, of: kind, from: version) }
        return Decoded(object: decoded, warnings: validation == .warn ? faults : [])
    }

    private static func checkingTypeMeta(
        of object: JSONValue, kind: ResourceKind, version: String
    ) throws(StatusError) -> JSONValue {
        guard case .object(var members) = object else {
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(kind.kind)): it is \(object.typeName)")
        }
        let apiVersion = kind.group.isEmpty ? version : "\(kind.group)/\(version)"
        if let given = members["kind"], !given.isNull, given != .string(kind.kind) {
            throw .badRequest(
                "the kind in the data (\(given.stringValue ?? given.typeName)) does not match the expected kind "
                    + "(\(kind.kind))")
        }
        if let given = members["apiVersion"], !given.isNull, given != .string(apiVersion) {
            throw .badRequest(
                "the API version in the data (\(given.stringValue ?? given.typeName)) does not match the expected API "
                    + "version (\(apiVersion))")
        }
        if members["kind"]?.stringValue == nil { members["kind"] = .string(kind.kind) }
        if members["apiVersion"]?.stringValue == nil { members["apiVersion"] = .string(apiVersion) }
        return .object(members)
    }
}
