import JSONTree

/// A YAML mapping while it is read: its own keys, each once, and what `<<` merges in.
struct YAMLMapping {
    private var own = JSONObject()
    private var merged: [JSONObject] = []

    /// `false` when the key is there already.
    mutating func insert(_ value: JSONValue, _ key: String) -> Bool {
        guard own[key] == nil else { return false }
        own[key] = value
        return true
    }

    /// `false` when `value` is neither an object nor a list of objects.
    mutating func merge(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object): merged.append(object)
        case .array(let elements):
            let objects = elements.compactMap(\.objectValue)
            guard objects.count == elements.count else { return false }
            merged += objects
        default: return false
        }
        return true
    }

    /// Own keys win over merged ones, earlier merged ones over later.
    var object: JSONObject {
        var object = own
        for source in merged {
            for (key, value) in source where object[key] == nil { object[key] = value }
        }
        return object
    }
}
