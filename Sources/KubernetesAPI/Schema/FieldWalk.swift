import JSONTree

/// One pass over an object along its type: finds wrong types, drops nulls and unknown fields, and brings scalars into
/// the form in which they are stored. Values that need no change are not copied.
struct FieldWalk {
    /// The paths of the fields that the schema does not have, as `spec.containers[0].size`; at most 100 are kept.
    private(set) var unknownFields: [String] = []

    private static let maximumUnknownFields = 100

    private enum Step {
        case field(String)
        case index(Int)
    }

    private var path: [Step] = []
    /// The struct that holds the field being looked at, for messages.
    private var owner = ""

    mutating func decode(_ value: JSONValue, as type: ObjectType) throws(StrictDecoding.DecodingFault) -> JSONValue {
        owner = type.name
        return try object(value, type) ?? value
    }

    /// `nil`: the value is right as it is.
    private mutating func changed(
        _ value: JSONValue, _ type: FieldType
    ) throws(StrictDecoding.DecodingFault) -> JSONValue? {
        switch type {
        case .object(let type, _): return try object(value, type)
        case .map(let element, _): return try map(value, element, type)
        case .list(let element, _): return try list(value, element, type)
        case .any:
            guard case .object = value else { throw mismatch(value, type) }
            return nil
        default: return try scalar(value, type)
        }
    }

    private mutating func object(
        _ value: JSONValue, _ type: ObjectType
    ) throws(StrictDecoding.DecodingFault) -> JSONValue? {
        guard case .object(let members) = value else { throw mismatch(value, .object(type, isAtomic: false)) }
        let outerOwner = owner
        owner = type.name
        defer { owner = outerOwner }
        var result: JSONObject?
        // Taken out all at once: one at a time would take a stranger's hundred thousand fields all day.
        var dropped: Set<String> = []
        for (key, member) in members {
            path.append(.field(key))
            defer { path.removeLast() }
            guard let field = type.field(key) else {
                if unknownFields.count < Self.maximumUnknownFields { unknownFields.append(pathText) }
                dropped.insert(key)
                continue
            }
            if member.isNull {
                dropped.insert(key)
            } else if let change = try changed(member, field.type) {
                result = result ?? members
                result?[key] = change
            }
        }
        if !dropped.isEmpty {
            result = result ?? members
            result?.filterInPlace { !dropped.contains($0.key) }
        }
        return result.map(JSONValue.object)
    }

    private mutating func map(
        _ value: JSONValue, _ element: FieldType, _ type: FieldType
    ) throws(StrictDecoding.DecodingFault) -> JSONValue? {
        guard case .object(let members) = value else { throw mismatch(value, type) }
        var result: JSONObject?
        for (key, member) in members {
            path.append(.field(key))
            defer { path.removeLast() }
            let change = member.isNull ? element.zero : try changed(member, element)
            if let change {
                result = result ?? members
                result?[key] = change
            }
        }
        return result.map(JSONValue.object)
    }

    private mutating func list(
        _ value: JSONValue, _ element: FieldType, _ type: FieldType
    ) throws(StrictDecoding.DecodingFault) -> JSONValue? {
        guard case .array(let elements) = value else { throw mismatch(value, type) }
        var result: [JSONValue]?
        for (position, member) in elements.enumerated() {
            path.append(.index(position))
            defer { path.removeLast() }
            let change = member.isNull ? element.zero : try changed(member, element)
            if let change {
                result = result ?? elements
                result?[position] = change
            }
        }
        return result.map(JSONValue.array)
    }

    private func scalar(_ value: JSONValue, _ type: FieldType) throws(StrictDecoding.DecodingFault) -> JSONValue? {
        switch (type, value) {
        case (.string, .string), (.bool, .bool), (.int64, .integer), (.double, .integer), (.double, .number):
            return nil
        case (.int32, .integer(let number)), (.intOrString, .integer(let number)):
            guard Int32(exactly: number) != nil else { throw mismatch(value, type) }
            return nil
        case (.intOrString, .string): return nil
        case (.bytes, .string(let text)):
            do throws(Base64.DecodingError) {
                _ = try Base64.decode(text)
                return nil
            } catch {
                throw mismatch(value, type, "\(error)")
            }
        case (.quantity, .string), (.quantity, .integer), (.quantity, .number):
            do throws(QuantityError) {
                let canonical = try Quantity(value).json
                return canonical == value ? nil : canonical
            } catch {
                throw mismatch(value, type, "\(error)")
            }
        case (.time, .string(let text)), (.microTime, .string(let text)):
            guard Timestamp(text) != nil else {
                throw mismatch(value, type, "\"\(text)\" is no time such as 2026-01-31T12:00:00Z (RFC 3339)")
            }
            return nil
        default: throw mismatch(value, type)
        }
    }

    private func mismatch(
        _ value: JSONValue, _ type: FieldType, _ why: String? = nil
    ) -> StrictDecoding.DecodingFault {
        let found =
            switch value {
            case .number(let literal): "number \(literal)"
            case .integer(let number) where type.isInteger: "number \(number)"
            case .bool: "bool"
            default: value.typeName
            }
        let names = path.compactMap { step in
            if case .field(let name) = step { name } else { nil }
        }
        return StrictDecoding.DecodingFault(
            message: "json: cannot unmarshal \(found) into Go struct field \(owner).\(names.joined(separator: ".")) "
                + "of type \(type.goName)" + (why.map { ": \($0)" } ?? ""))
    }

    private var pathText: String {
        path.reduce(into: "") { text, step in
            switch step {
            case .field(let name): text += text.isEmpty ? name : ".\(name)"
            case .index(let position): text += "[\(position)]"
            }
        }
    }
}

extension FieldType {
    /// What a `null` in a map or a list stands for; `nil` where `null` is dropped with its key.
    fileprivate var zero: JSONValue? {
        switch self {
        case .string, .intOrString, .time, .microTime, .bytes: ""
        case .bool: false
        case .int32, .int64, .double: 0
        case .quantity: "0"
        case .object, .map, .any: [:]
        case .list: []
        }
    }

    fileprivate var isInteger: Bool {
        switch self {
        case .int32, .int64, .intOrString: true
        default: false
        }
    }

    /// As Go prints the type: users know these messages from Kubernetes.
    fileprivate var goName: String {
        switch self {
        case .string: "string"
        case .bool: "bool"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "float64"
        case .bytes: "[]uint8"
        case .quantity: "resource.Quantity"
        case .time: "v1.Time"
        case .microTime: "v1.MicroTime"
        case .intOrString: "intstr.IntOrString"
        case .any: "v1.FieldsV1"
        case .object(let type, _): "v1.\(type.name)"
        case .map(let element, _): "map[string]\(element.goName)"
        case .list(let element, _): "[]\(element.goName)"
        }
    }
}
