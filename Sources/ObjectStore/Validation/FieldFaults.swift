import JSONTree
import KubernetesAPI

/// Collects what is wrong with an object, each fault with the reason and the wording that Kubernetes' API has for it.
///
/// What is said is bounded, whatever the object: a list of 300,000 bad elements is one request, and would be an answer of
/// half a gigabyte.
struct FieldFaults {
    /// What is wrong beyond these is not looked at.
    private static let maximumCauses = 100
    /// Of a value or a path in a message, in bytes.
    private static let maximumTextLength = 1024

    private var listed: [StatusError.Cause] = []
    /// How many faults were found, listed or not.
    private(set) var count = 0

    /// The first faults; the last entry says when there may be more.
    var causes: [StatusError.Cause] {
        guard isFull else { return listed }
        return listed + [
            StatusError.Cause(
                reason: "FieldValueInvalid", message: "only the first \(Self.maximumCauses) faults are listed",
                field: "[]")
        ]
    }

    private var isFull: Bool { listed.count == Self.maximumCauses }

    /// Nothing is there, where something must be.
    mutating func required(_ path: FieldPath, _ detail: String = "") {
        add("FieldValueRequired", path, "Required value", detail)
    }

    /// The value's form is wrong.
    mutating func invalid(_ path: FieldPath, _ value: JSONValue, _ detail: String) {
        add("FieldValueInvalid", path, "Invalid value: \(Self.text(value))", detail)
    }

    /// One fault for each message that a rule for names gave.
    mutating func invalid(_ path: FieldPath, _ value: String, each messages: @autoclosure () -> [String]) {
        guard !isFull else { return }
        for message in messages() { invalid(path, .string(value), message) }
    }

    /// The value is none of those that there are.
    mutating func notSupported(_ path: FieldPath, _ value: JSONValue, _ supported: [String]) {
        let list = supported.map { Self.quoted($0) }.joined(separator: ", ")
        add(
            "FieldValueNotSupported", path, "Unsupported value: \(Self.text(value))",
            list.isEmpty ? "" : "supported values: \(list)")
    }

    /// The value is right as such, but not here.
    mutating func forbidden(_ path: FieldPath, _ detail: String) {
        add("FieldValueForbidden", path, "Forbidden", detail)
    }

    mutating func duplicate(_ path: FieldPath, _ value: JSONValue) {
        add("FieldValueDuplicate", path, "Duplicate value: \(Self.text(value))", "")
    }

    /// What the value refers to is not there.
    mutating func notFound(_ path: FieldPath, _ value: String) {
        add("FieldValueNotFound", path, "Not found: \(Self.quoted(value))", "")
    }

    mutating func tooLong(_ path: FieldPath, limit: Int) {
        add("FieldValueTooLong", path, "Too long", "may not be more than \(limit) bytes")
    }

    private mutating func add(_ reason: String, _ path: FieldPath, _ what: String, _ detail: String) {
        count += 1
        guard !isFull else { return }
        listed.append(
            StatusError.Cause(
                reason: reason, message: detail.isEmpty ? what : "\(what): \(detail)",
                field: Self.shortened(path.description)))
    }

    private static func text(_ value: JSONValue) -> String {
        if case .string(let string) = value { return quoted(string) }
        return shortened(String(decoding: value.encoded, as: UTF8.self))
    }

    private static func shortened(_ text: String) -> String {
        guard text.utf8.count > maximumTextLength else { return text }
        return String(decoding: text.utf8.prefix(maximumTextLength), as: UTF8.self) + "… (\(text.utf8.count) bytes)"
    }

    private static func quoted(_ string: String) -> String {
        String(decoding: JSONValue.string(shortened(string)).encoded, as: UTF8.self)
    }
}

extension FieldFaults {
    static let immutable = "field is immutable"
    static let notNegative = "must be greater than or equal to 0"
    static let positive = "must be greater than zero"

    mutating func checkSubdomain(_ path: FieldPath, _ value: String) {
        invalid(path, value, each: NameRules.dns1123Subdomain(value))
    }

    mutating func checkLabel(_ path: FieldPath, _ value: String) {
        invalid(path, value, each: NameRules.dns1123Label(value))
    }

    mutating func checkQualifiedName(_ path: FieldPath, _ value: String) {
        invalid(path, value, each: NameRules.qualifiedName(value))
    }

    mutating func checkNotNegative(_ path: FieldPath, _ value: JSONValue?) {
        guard let value, let number = value.integerValue, number < 0 else { return }
        invalid(path, value, Self.notNegative)
    }

    /// An absent value is no fault here.
    mutating func checkSupported(_ path: FieldPath, _ value: JSONValue?, _ supported: [String]) {
        guard let value, !value.isNull else { return }
        if !supported.contains(value.stringValue ?? "") { notSupported(path, value, supported) }
    }

    mutating func checkImmutable(_ path: FieldPath, old: JSONValue?, new: JSONValue?) {
        if !isSemanticallyEqual(old, new) { invalid(path, new ?? .null, Self.immutable) }
    }
}
