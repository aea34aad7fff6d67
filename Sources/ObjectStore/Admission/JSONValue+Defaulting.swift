import JSONTree

extension JSONValue {
    /// Sets the member when it is absent or `null`.
    mutating func setDefault(_ key: String, _ value: @autoclosure () -> JSONValue) {
        if present(key) == nil { self[key] = value() }
    }

    /// Sets the member also when it is `""`, which a field that is no pointer does not tell from absence.
    mutating func setDefaultText(_ key: String, _ value: @autoclosure () -> String) {
        guard let present = present(key), present != "" else {
            self[key] = .string(value())
            return
        }
    }

    /// Changes a member that is an object, in place; nothing happens when there is none.
    mutating func change<Failure: Error>(
        _ key: String, _ body: (inout JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard var member = self[key], case .object = member else { return }
        self[key] = .null  // gives up this reference, so that the change is made in place
        defer { self[key] = member }
        try body(&member)
    }

    /// Changes each element of a list that is an object.
    mutating func changeElements<Failure: Error>(
        _ key: String, _ body: (inout JSONValue) throws(Failure) -> Void
    ) throws(Failure) {
        guard case .array(var elements)? = self[key] else { return }
        self[key] = .null
        defer { self[key] = .array(elements) }
        for index in elements.indices {
            guard case .object = elements[index] else { continue }
            try body(&elements[index])
        }
    }
}
