import JSONTree

/// Fields in which nothing and `""` are two things: `storageClassName: ""` asks for no class, its absence for the
/// default one.
private let fieldsWithMeaningfulEmptiness: Set<String> = ["storageClassName", "volumeAttributesClassName"]

/// Whether two values mean the same to Kubernetes, whose typed objects do not tell an absent field from `false`, `0`,
/// `""`, an empty list or an empty map.
func isSemanticallyEqual(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
    switch (left, right) {
    case (.object(let left), .object(let right)):
        return left.allSatisfy { areMembersEqual($0.key, $0.value, right[$0.key]) }
            && right.allSatisfy { left[$0.key] != nil || areMembersEqual($0.key, nil, $0.value) }
    case (.array(let left), .array(let right)):
        return left.count == right.count && zip(left, right).allSatisfy { isSemanticallyEqual($0, $1) }
    default: return left == right || (isZero(left) && isZero(right))
    }
}

private func areMembersEqual(_ key: String, _ left: JSONValue?, _ right: JSONValue?) -> Bool {
    guard fieldsWithMeaningfulEmptiness.contains(key) else { return isSemanticallyEqual(left, right) }
    return (left ?? .null) == (right ?? .null)
}

private func isZero(_ value: JSONValue?) -> Bool {
    switch value {
    case nil, .null, .bool(false), .integer(0): true
    case .string(let string): string.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let object): object.allSatisfy { isZero($0.value) }
    default: false
    }
}

/// The fields that differ, a line for the old value and one for the new one of each: the tail of an error about a
/// part that cannot be changed.
func fieldDifference(old: JSONValue?, new: JSONValue?) -> String {
    var lines: [String] = []
    appendDifference(old, new, path: "", to: &lines)
    return lines.map { $0 + "\n" }.joined()
}

private func appendDifference(_ old: JSONValue?, _ new: JSONValue?, path: String, to lines: inout [String]) {
    if isSemanticallyEqual(old, new) { return }
    if case .object(let oldMembers) = old ?? [:], case .object(let newMembers) = new ?? [:] {
        let keys = oldMembers.keys + newMembers.keys.filter { oldMembers[$0] == nil }
        for key in keys.sorted() where !areMembersEqual(key, oldMembers[key], newMembers[key]) {
            appendDifference(oldMembers[key], newMembers[key], path: path.isEmpty ? key : "\(path).\(key)", to: &lines)
        }
        return
    }
    if let old { lines.append("- \t\(path): \(String(decoding: old.encoded, as: UTF8.self))") }
    if let new { lines.append("+ \t\(path): \(String(decoding: new.encoded, as: UTF8.self))") }
}
