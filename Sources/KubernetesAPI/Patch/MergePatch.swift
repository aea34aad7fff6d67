import JSONTree

/// JSON Merge Patch (RFC 7386): members replace, null removes, arrays are replaced whole.
enum MergePatch {
    static func apply(_ patch: JSONValue, to target: JSONValue?) -> JSONValue {
        guard case .object(let changes) = patch else { return patch }
        var result: JSONObject = if case .object(let object) = target { object } else { [:] }
        // Removed all at once: each removal alone takes as long as the object is large.
        var removed: Set<String> = []
        for (key, change) in changes {
            if change.isNull {
                removed.insert(key)
            } else {
                result[key] = apply(change, to: result[key])
            }
        }
        if !removed.isEmpty { result.filterInPlace { !removed.contains($0.key) } }
        return .object(result)
    }
}
