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
    /// The maximum number of values that all operations together may touch: values that `copy` adds, neighbours that move
    /// when a value is inserted or removed, and values visited to measure depth. Without it, ten thousand operations on a
    /// list of a hundred thousand would take a minute.
    private static let maximumVisits = 5_000_000

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

    /// - Throws: `Invalid` (422) when an operation does not fit the document, and says which; `RequestEntityTooLarge` (413)
    ///   when the copies or the depth of the document go beyond what an object may have (``ObjectLimits``).
    func applied(to document: JSONValue) throws(StatusError) -> JSONValue {
        var result = document
        var expansion = Expansion(document)
        for (position, operation) in operations.enumerated() {
            do throws(JSONPointer.Mismatch) {
                try Self.carryOut(operation, on: &result, &expansion)
            } catch {
                throw StatusError(
                    code: 422, reason: .invalid,
                    message: "the JSON patch cannot be applied: operation \(position) (\(operation.name)): "
                        + error.message)
            }
            if let excess = expansion.excess(of: result) {
                throw StatusError(
                    code: 413, reason: .requestEntityTooLarge,
                    message: "the JSON patch cannot be applied: operation \(position) (\(operation.name)): \(excess)")
            }
        }
        return result
    }

    /// What a patch has made of a document so far, bounded before the next operation builds on it.
    private struct Expansion {
        /// The document is nested no deeper than this.
        private var depth: Int
        private var copiedBytes = 0
        private var visits = 0

        init(_ document: JSONValue) {
            depth = document.extent(toDepth: ObjectLimits.depth).depth
        }

        mutating func note(_ value: JSONExtent, at path: JSONPointer) {
            depth = max(depth, path.tokens.count + value.depth)
        }

        mutating func noteCopy(_ value: JSONExtent, to path: JSONPointer) {
            copiedBytes += value.bytes
            visits += value.nodes
            note(value, at: path)
        }

        /// An element or a member is inserted or taken out, and what stands behind it moves up.
        mutating func noteShift(at path: JSONPointer, in document: JSONValue, isRemoval: Bool = false) {
            visits += path.shift(in: document, isRemoval: isRemoval)
        }

        /// What is moved is not measured each time: it is no deeper than the rest of the document was.
        mutating func noteMove(from: JSONPointer, to path: JSONPointer) {
            depth = max(depth, path.tokens.count + max(0, depth - from.tokens.count))
        }

        /// Why the document has become too large; `nil` when it has not.
        mutating func excess(of document: JSONValue) -> String? {
            guard copiedBytes <= ObjectLimits.bytes else {
                return "the copies add more than \(ObjectLimits.bytes) bytes"
            }
            if depth > ObjectLimits.depth {
                let extent = document.extent(toDepth: ObjectLimits.depth)
                visits += extent.nodes
                depth = extent.depth
                guard depth <= ObjectLimits.depth else {
                    return "the document is nested deeper than \(ObjectLimits.depth) levels"
                }
            }
            guard visits <= JSONPatch.maximumVisits else {
                return "the operations touch more than \(JSONPatch.maximumVisits) values"
            }
            return nil
        }
    }

    private static func carryOut(
        _ operation: Operation, on document: inout JSONValue, _ expansion: inout Expansion
    ) throws(JSONPointer.Mismatch) {
        switch operation {
        case .add(let path, let value):
            expansion.noteShift(at: path, in: document)
            try path.add(value, to: &document)
            expansion.note(value.extent(), at: path)
        case .remove(let path):
            expansion.noteShift(at: path, in: document, isRemoval: true)
            try path.remove(from: &document)
        case .replace(let path, let value):
            try path.replace(with: value, in: &document)
            expansion.note(value.extent(), at: path)
        case .move(let from, let path):
            if from == path {
                _ = try from.value(in: document)
                return
            }
            guard !from.isPrefix(of: path) else {
                throw JSONPointer.Mismatch(message: "a value cannot be moved into itself")
            }
            expansion.noteShift(at: from, in: document, isRemoval: true)
            try path.add(try from.remove(from: &document), to: &document)
            expansion.noteShift(at: path, in: document)
            expansion.noteMove(from: from, to: path)
        case .copy(let from, let path):
            let value = try from.value(in: document)
            try path.add(value, to: &document)
            expansion.noteShift(at: path, in: document)
            expansion.noteCopy(value.extent(), to: path)
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
