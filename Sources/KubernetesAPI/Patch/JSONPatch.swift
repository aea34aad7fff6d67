import JSONTree

/// A list of changes to a JSON document (RFC 6902), all of which are made, or none.
struct JSONPatch {
    private enum Operation {
        case add(JSONPointer, JSONValue)
        case remove(JSONPointer)
        case replace(JSONPointer, JSONValue)
        case move(from: JSONPointer, to: JSONPointer)
        case copy(from: JSONPointer, to: JSONPointer)
        case test(JSONPointer, JSONValue)

        var name: String {
            switch self {
            case .add(let path, _): "add \(path)"
            case .remove(let path): "remove \(path)"
            case .replace(let path, _): "replace \(path)"
            case .move(let from, let path): "move \(from) to \(path)"
            case .copy(let from, let path): "copy \(from) to \(path)"
            case .test(let path, _): "test \(path)"
            }
        }
    }

    /// More are refused, as Kubernetes does.
    static let maximumOperations = 10_000
    /// How much `copy` may add in all: it could double a document at each step otherwise.
    private static let maximumCopiedNodes = 1_000_000

    private let operations: [Operation]

    /// - Throws: `BadRequest` (400) for what is no JSON patch; `RequestEntityTooLarge` (413) for too many operations.
    init(_ json: JSONValue) throws(StatusError) {
        guard case .array(let elements) = json else {
            throw .badRequest(
                "error decoding patch: a JSON patch is an array of operations, and this is \(json.typeName)")
        }
        guard elements.count <= Self.maximumOperations else {
            throw StatusError(
                code: 413, reason: .requestEntityTooLarge,
                message: "The allowed maximum operations in a JSON patch is \(Self.maximumOperations), got "
                    + "\(elements.count)")
        }
        var operations: [Operation] = []
        for (position, element) in elements.enumerated() {
            do throws(JSONPointer.Mismatch) {
                operations.append(try Self.operation(element))
            } catch {
                throw .badRequest("error decoding patch: operation \(position): \(error.message)")
            }
        }
        self.operations = operations
    }

    private static func operation(_ json: JSONValue) throws(JSONPointer.Mismatch) -> Operation {
        guard let name = json["op"]?.stringValue else {
            throw JSONPointer.Mismatch(message: "it has no \"op\"")
        }
        let path = try pointer(json, "path", of: name)
        switch name {
        case "add": return .add(path, try value(json, of: name))
        case "remove": return .remove(path)
        case "replace": return .replace(path, try value(json, of: name))
        case "test": return .test(path, try value(json, of: name))
        case "move": return .move(from: try pointer(json, "from", of: name), to: path)
        case "copy": return .copy(from: try pointer(json, "from", of: name), to: path)
        default:
            throw JSONPointer.Mismatch(
                message: "unknown op \"\(name)\": use add, remove, replace, move, copy or test")
        }
    }

    private static func pointer(
        _ json: JSONValue, _ member: String, of name: String
    ) throws(JSONPointer.Mismatch) -> JSONPointer {
        guard let text = json[member]?.stringValue else {
            throw JSONPointer.Mismatch(message: "\"\(name)\" needs \"\(member)\", a string")
        }
        return try JSONPointer(text)
    }

    private static func value(_ json: JSONValue, of name: String) throws(JSONPointer.Mismatch) -> JSONValue {
        guard let value = json["value"] else {
            throw JSONPointer.Mismatch(message: "\"\(name)\" needs \"value\"")
        }
        return value
    }

    /// - Throws: `Invalid` (422) when an operation does not fit the document, and says which.
    func applied(to document: JSONValue) throws(StatusError) -> JSONValue {
        var result = document
        var copied = 0
        for (position, operation) in operations.enumerated() {
            do throws(JSONPointer.Mismatch) {
                try Self.carryOut(operation, on: &result, copied: &copied)
            } catch {
                throw StatusError(
                    code: 422, reason: .invalid,
                    message: "the JSON patch cannot be applied: operation \(position) (\(operation.name)): "
                        + error.message)
            }
        }
        return result
    }

    private static func carryOut(
        _ operation: Operation, on document: inout JSONValue, copied: inout Int
    ) throws(JSONPointer.Mismatch) {
        switch operation {
        case .add(let path, let value): try path.add(value, to: &document)
        case .remove(let path): try path.remove(from: &document)
        case .replace(let path, let value): try path.replace(with: value, in: &document)
        case .move(let from, let path):
            if from == path {
                _ = try from.value(in: document)
                return
            }
            guard !from.isPrefix(of: path) else {
                throw JSONPointer.Mismatch(message: "a value cannot be moved into itself")
            }
            try path.add(try from.remove(from: &document), to: &document)
        case .copy(let from, let path):
            let value = try from.value(in: document)
            copied += value.nodeCount
            guard copied <= maximumCopiedNodes else {
                throw JSONPointer.Mismatch(message: "the copies are larger than \(maximumCopiedNodes) values")
            }
            try path.add(value, to: &document)
        case .test(let path, let value):
            let found = try path.value(in: document)
            // 1 and 1.0 are equal numbers (RFC 6902, section 4.6).
            guard found.isEqualNumerically(to: value) else {
                throw JSONPointer.Mismatch(message: "the test failed: the value there is another")
            }
        }
    }
}

extension JSONValue {
    /// This value and all within it.
    fileprivate var nodeCount: Int {
        switch self {
        case .array(let elements): elements.reduce(1) { $0 + $1.nodeCount }
        case .object(let object): object.reduce(1) { $0 + $1.value.nodeCount }
        default: 1
        }
    }

    fileprivate func isEqualNumerically(to other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number, .integer), (.integer, .number), (.number, .number):
            return self == other || doubleValue == other.doubleValue
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isEqualNumerically(to: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { key, value in right[key].map { value.isEqualNumerically(to: $0) } ?? false }
        default: return self == other
        }
    }
}
