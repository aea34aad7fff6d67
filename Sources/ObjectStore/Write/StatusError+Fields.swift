import JSONTree
import KubernetesAPI

extension StatusError {
    static func invalid(_ kind: ResourceKind, _ name: String, _ cause: Cause) -> StatusError {
        .invalid(kind, name, [cause])
    }
}

extension StatusError.Cause {
    static func required(_ message: String, field: String) -> StatusError.Cause {
        StatusError.Cause(reason: "FieldValueRequired", message: "Required value: \(message)", field: field)
    }

    static func forbidden(_ message: String, field: String) -> StatusError.Cause {
        StatusError.Cause(reason: "FieldValueForbidden", message: "Forbidden: \(message)", field: field)
    }

    static func invalidValue(_ value: String, _ message: String, field: String) -> StatusError.Cause {
        let quoted = String(decoding: JSONValue.string(value).encoded, as: UTF8.self)
        return StatusError.Cause(
            reason: "FieldValueInvalid", message: "Invalid value: \(quoted): \(message)", field: field)
    }
}
