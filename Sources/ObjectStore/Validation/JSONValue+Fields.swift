import JSONTree
import KubernetesAPI

/// Reads fields as Kubernetes' typed objects hold them: what is absent, `null` or of another type is the type's zero.
extension JSONValue {
    func text(_ key: String) -> String { self[key]?.stringValue ?? "" }

    func number(_ key: String) -> Int64 { self[key]?.integerValue ?? 0 }

    func flag(_ key: String) -> Bool { self[key]?.boolValue ?? false }

    func elements(_ key: String) -> [JSONValue] { self[key]?.arrayValue ?? [] }

    func members(_ key: String) -> JSONObject { self[key]?.objectValue ?? [:] }

    /// The field, unless it is absent or `null`.
    func present(_ key: String) -> JSONValue? {
        guard let value = self[key], !value.isNull else { return nil }
        return value
    }

    /// A quantity; `nil` when it is absent or of a wrong form (which is refused before validation).
    func quantity(_ key: String) -> Quantity? {
        present(key).flatMap { try? Quantity($0) }
    }
}
