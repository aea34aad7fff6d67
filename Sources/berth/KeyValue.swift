import ArgumentParser

/// `KEY=VALUE`, as options take it.
enum KeyValue {
    static func pair(_ text: String, option: String) throws -> (key: String, value: String) {
        guard let separator = text.firstIndex(of: "="), separator > text.startIndex else {
            // The text itself may be a secret.
            throw ValidationError("\(option) takes KEY=VALUE")
        }
        return (String(text[..<separator]), String(text[text.index(after: separator)...]))
    }

    static func dictionary(_ texts: [String], option: String) throws -> [String: String] {
        var dictionary: [String: String] = [:]
        for text in texts {
            let (key, value) = try pair(text, option: option)
            dictionary[key] = value
        }
        return dictionary
    }
}
