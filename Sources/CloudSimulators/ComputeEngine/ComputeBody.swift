import JSONTree

/// A request's JSON, read as the API's properties: an unknown one is refused, and an int64 may be a string.
struct ComputeBody {
    private let object: JSONObject
    private let path: String

    /// - Parameter known: The properties that the API has; `nil`: any.
    init(_ bytes: [UInt8], known: Set<String>? = nil) throws(ComputeError) {
        let value: JSONValue
        do throws(JSONParseError) {
            value = bytes.isEmpty ? [:] : try JSONParser.parse(bytes)
        } catch {
            throw ComputeError(400, "parseError", "Parse Error: \(error)")
        }
        guard case .object(let object) = value else {
            throw ComputeError(400, "parseError", "Parse Error: an object is expected, not a \(value.typeName)")
        }
        self.init(object, path: "resource")
        if let known, let name = object.keys.first(where: { !known.contains($0) }) {
            throw ComputeError(
                400, "badRequest", "Invalid JSON payload received. Unknown name \"\(name)\": Cannot find field.")
        }
    }

    private init(_ object: JSONObject, path: String) {
        self.object = object
        self.path = path
    }

    var names: [String] { object.keys }

    func string(_ name: String) throws(ComputeError) -> String? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw wrong(name, "a string", value) }
        return text
    }

    func required(_ name: String) throws(ComputeError) -> String {
        guard let text = try string(name), !text.isEmpty else { throw .required("\(path).\(name)") }
        return text
    }

    func integer(_ name: String) throws(ComputeError) -> Int64? {
        guard let value = object[name], !value.isNull else { return nil }
        if let number = value.integerValue { return number }
        guard let text = value.stringValue, let number = Int64(text) else { throw wrong(name, "an int64", value) }
        return number
    }

    func bool(_ name: String) throws(ComputeError) -> Bool? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let flag = value.boolValue else { throw wrong(name, "a boolean", value) }
        return flag
    }

    func strings(_ name: String) throws(ComputeError) -> [String]? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let elements = value.arrayValue, let strings = value.stringArray, strings.count == elements.count else {
            throw wrong(name, "a list of strings", value)
        }
        return strings
    }

    func object(_ name: String) throws(ComputeError) -> ComputeBody? {
        guard let value = object[name], !value.isNull else { return nil }
        guard let members = value.objectValue else { throw wrong(name, "an object", value) }
        return ComputeBody(members, path: "\(path).\(name)")
    }

    /// Checked.
    func labels() throws(ComputeError) -> [String: String] {
        guard let value = object["labels"], !value.isNull else { return [:] }
        guard let members = value.objectValue, let labels = value.stringDictionary, labels.count == members.count else {
            throw wrong("labels", "an object of strings", value)
        }
        try Labels.check(labels)
        return labels
    }

    private func wrong(_ name: String, _ expected: String, _ found: JSONValue) -> ComputeError {
        let text = found.stringValue ?? String(decoding: found.encoded, as: UTF8.self)
        return .invalid("\(path).\(name)", text, "The value must be \(expected).")
    }
}
