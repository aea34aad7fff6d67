import JSONTree
import KubernetesAPI
import NIOCore

/// A message's fields by number, and how each stands in JSON.
struct ProtobufMessage: Sendable {
    struct Field: Sendable {
        let name: String
        let type: FieldType

        init(_ name: String, _ type: FieldType) {
            self.name = name
            self.type = type
        }
    }

    indirect enum FieldType: Sendable {
        case string, integer, bool
        /// Base 64 in JSON.
        case bytes
        /// `metav1.Time`, `metav1.MicroTime`: RFC 3339 in JSON.
        case time, microTime
        case message(ProtobufMessage)
        case list(FieldType)
        /// A repeated message of key and value; the keys are strings.
        case map(FieldType)
        /// Left out of the JSON.
        case ignored
    }

    let fields: [Int: Field]

    init(_ fields: [Int: Field]) {
        self.fields = fields
    }

    /// - Throws: ``ProtobufError``, also for a field that is not known: what was sent must not be lost silently.
    func decode(_ bytes: ByteBufferView) throws(ProtobufError) -> JSONObject {
        var reader = ProtobufReader(bytes)
        var object = JSONObject()
        while let (number, value) = try reader.next() {
            guard let field = fields[number] else {
                throw ProtobufError("field \(number) is not known; send the object as JSON", at: bytes.startIndex)
            }
            try decode(field, value, into: &object, at: bytes.startIndex)
        }
        return object
    }

    private func decode(
        _ field: Field, _ value: ProtobufReader.Value, into object: inout JSONObject, at offset: Int
    ) throws(ProtobufError) {
        switch field.type {
        case .ignored: break
        case .list(let element):
            var elements = object[field.name]?.arrayValue ?? []
            try Self.check(elements.count + 1, field.name, at: offset)
            object[field.name] = nil  // so that the array is not copied for each element
            elements.append(try Self.scalar(element, value, name: field.name, at: offset))
            object[field.name] = .array(elements)
        case .map(let element):
            guard case .bytes(let bytes) = value else { throw Self.mismatch(field.name, at: offset) }
            let entry = try ProtobufMessage([1: Field("key", .string), 2: Field("value", element)]).decode(bytes)
            // A default value is left out on the wire.
            let empty: JSONValue = if case .message = element { .object([:]) } else { .string("") }
            var map = object[field.name]?.objectValue ?? JSONObject()
            try Self.check(map.count + 1, field.name, at: offset)
            object[field.name] = nil
            map[entry["key"]?.stringValue ?? ""] = entry["value"] ?? empty
            object[field.name] = .object(map)
        default: object[field.name] = try Self.scalar(field.type, value, name: field.name, at: offset)
        }
    }

    private static func scalar(
        _ type: FieldType, _ value: ProtobufReader.Value, name: String, at offset: Int
    ) throws(ProtobufError) -> JSONValue {
        switch (type, value) {
        case (.integer, .varint(let number)): return .integer(Int64(bitPattern: number))
        case (.bool, .varint(let number)): return .bool(number != 0)
        case (.string, .bytes(let bytes)):
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw ProtobufError("\(name) is not valid UTF-8", at: bytes.startIndex)
            }
            return .string(text)
        case (.bytes, .bytes(let bytes)): return .string(Base64.encode(bytes))
        case (.message(let message), .bytes(let bytes)): return .object(try message.decode(bytes))
        case (.time, .bytes(let bytes)): return try time(bytes).map { .string($0.description) } ?? .null
        case (.microTime, .bytes(let bytes)): return try time(bytes).map { .string($0.microTime) } ?? .null
        default: throw mismatch(name, at: offset)
        }
    }

    /// `nil` for the zero time, which is an empty message.
    private static func time(_ bytes: ByteBufferView) throws(ProtobufError) -> Timestamp? {
        let parts = try ProtobufMessage([1: Field("seconds", .integer), 2: Field("nanos", .integer)]).decode(bytes)
        guard let seconds = parts["seconds"]?.integerValue, seconds != 0 else { return nil }
        // The years 0 to 9999, which RFC 3339 can write.
        guard seconds >= -62_167_219_200, seconds < 253_402_300_800 else {
            throw ProtobufError("a time is out of range", at: bytes.startIndex)
        }
        let nanoseconds = parts["nanos"]?.integerValue ?? 0
        return Timestamp(seconds: seconds, nanoseconds: Int32(min(max(nanoseconds, 0), 999_999_999)))
    }

    /// An element takes two bytes here, and up to a hundred in memory.
    private static func check(_ count: Int, _ name: String, at offset: Int) throws(ProtobufError) {
        guard count <= ObjectLimits.values else {
            throw ProtobufError("\(name) has more than \(ObjectLimits.values) values", at: offset)
        }
    }

    private static func mismatch(_ name: String, at offset: Int) -> ProtobufError {
        ProtobufError("\(name) has a wire type that does not fit it", at: offset)
    }
}
