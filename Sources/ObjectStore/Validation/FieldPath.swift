/// Where in an object a field stands, as Kubernetes' errors name it: `spec.accessModes[0]`, `data[tls.crt]`.
struct FieldPath: Sendable, Hashable, CustomStringConvertible {
    static let metadata = FieldPath("metadata")
    static let spec = FieldPath("spec")
    static let status = FieldPath("status")
    /// The object as a whole.
    static let whole = FieldPath("[]")

    let description: String

    init(_ description: String) { self.description = description }

    func child(_ name: String) -> FieldPath { FieldPath("\(description).\(name)") }

    /// An element of a list.
    subscript(index: Int) -> FieldPath { FieldPath("\(description)[\(index)]") }

    /// An entry of a map.
    subscript(key key: String) -> FieldPath { FieldPath("\(description)[\(key)]") }
}
