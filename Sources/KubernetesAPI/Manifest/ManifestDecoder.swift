public import JSONTree

/// One object of a manifest file.
public struct Manifest: Sendable, Hashable {
    /// Has `apiVersion` and `kind`, both strings.
    public var object: JSONValue
    public var file: String
    /// Where the document begins that holds the object, counted from 1.
    public var line: Int
}

/// Reads the manifests that people write: YAML or JSON, several documents, lists of objects.
public enum ManifestDecoder {
    /// All objects of a file, in order; those of a `List` one by one.
    ///
    /// - Parameter file: Its name, for messages; `-` for standard input.
    /// - Throws: ``ManifestError``, with line and column: what is no YAML or JSON, a key that stands twice, an object
    ///   without `apiVersion` or `kind`.
    public static func decode(_ bytes: [UInt8], file: String) throws(ManifestError) -> [Manifest] {
        let bytes = normalized(bytes)
        var manifests: [Manifest] = []
        // Documents come in order, so lines are counted on from the one before.
        var counted = 0
        var line = 1
        for document in try documents(bytes, file: file) {
            line += bytes[counted..<document.offset].count { $0 == 0x0A }
            counted = document.offset
            do throws(Malformed) {
                try append(document.value, to: &manifests, file: file, line: line)
            } catch {
                let (line, column) = place(of: document.offset, in: bytes)
                throw ManifestError(file: file, line: line, column: column, message: error.message)
            }
        }
        return manifests
    }

    /// The single document of a request's body, such as a server-side apply's.
    ///
    /// - Throws: ``ManifestError``; also when there is no document, or more than one.
    public static func decodeDocument(_ bytes: [UInt8], file: String = "-") throws(ManifestError) -> JSONValue {
        let documents = try documents(normalized(bytes), file: file, maximumValues: ObjectLimits.values)
        guard let document = documents.first, documents.count == 1 else {
            throw ManifestError(
                file: file, line: 1, column: 1, message: "one document is expected, not \(documents.count)")
        }
        return document.value
    }

    /// Like ``decodeDocument(_:file:)``; also says where each value stands.
    public static func decodeDocumentWithPlaces(
        _ bytes: [UInt8], file: String
    ) throws(ManifestError) -> (value: JSONValue, places: ManifestPlaces) {
        let bytes = normalized(bytes)
        try checkCharacters(bytes, file: file)
        do throws(YAMLReader.Fault) {
            var reader = YAMLReader(bytes)
            reader.places = ManifestPlaces.Recording()
            let documents = try reader.documents()
            guard documents.count <= 1 else {
                throw YAMLReader.Fault(
                    offset: documents[1].offset, message: "one document is expected, not \(documents.count)")
            }
            let offsets = reader.places?.offsets ?? [:]
            let starts = LineStarts(bytes)
            return (
                documents.first?.value ?? .null,
                ManifestPlaces(file: file, lines: offsets.mapValues { starts.place(of: $0).line })
            )
        } catch {
            let (line, column) = place(of: error.offset, in: bytes)
            throw ManifestError(file: file, line: line, column: column, message: error.message)
        }
    }

    private struct Malformed: Error {
        var message: String
    }

    private static func append(
        _ value: JSONValue, to manifests: inout [Manifest], file: String, line: Int
    ) throws(Malformed) {
        if value.isNull { return }
        guard case .object(let object) = value else {
            throw Malformed(message: "a manifest is an object with apiVersion and kind, and this is \(value.typeName)")
        }
        for name in ["apiVersion", "kind"] {
            guard let text = object[name]?.stringValue, !text.isEmpty else {
                throw Malformed(message: "\(name) is not set: every object needs apiVersion and kind, both strings")
            }
        }
        guard let kind = object["kind"]?.stringValue, kind.hasSuffix("List"), let items = object["items"] else {
            manifests.append(Manifest(object: value, file: file, line: line))
            return
        }
        guard let items = items.arrayValue ?? (items.isNull ? [] : nil) else {
            throw Malformed(message: "items of a \(kind) is \(items.typeName), not an array")
        }
        for var item in items {
            if kind != "List", case .object = item {
                // The items of a list of one kind need not repeat it.
                if item["kind"] == nil { item["kind"] = .string(String(kind.dropLast(4))) }
                if item["apiVersion"] == nil { item["apiVersion"] = object["apiVersion"] }
            }
            try append(item, to: &manifests, file: file, line: line)
        }
    }

    /// - Parameter bytes: With `\n` for every line break.
    private static func documents(
        _ bytes: [UInt8], file: String, maximumValues: Int = .max
    ) throws(ManifestError) -> [YAMLReader.Document] {
        try checkCharacters(bytes, file: file)
        let first = bytes.first { !($0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D) }
        var jsonError: JSONParseError?
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
            do throws(JSONParseError) {
                let (value, _) = try JSONParser.parseReportingDuplicates(
                    bytes, duplicateKeys: .reject, maximumValues: maximumValues)
                return [YAMLReader.Document(value: value, offset: 0)]
            } catch {
                // It may still be YAML that begins with a brace.
                jsonError = error
            }
        }
        do throws(YAMLReader.Fault) {
            var reader = YAMLReader(bytes, maximumValues: maximumValues)
            return try reader.documents()
        } catch {
            let (line, column) = place(of: error.offset, in: bytes)
            // Whoever got further has understood what the text is meant to be.
            if let jsonError, (jsonError.line, jsonError.column) >= (line, column) {
                throw ManifestError(
                    file: file, line: jsonError.line, column: jsonError.column, message: jsonError.message)
            }
            throw ManifestError(file: file, line: line, column: column, message: error.message)
        }
    }

    private static func checkCharacters(_ bytes: [UInt8], file: String) throws(ManifestError) {
        var message: String?
        var offset = 0
        if let position = bytes.firstIndex(where: { ($0 < 0x20 && ![0x09, 0x0A, 0x0D].contains($0)) || $0 == 0x7F }) {
            offset = position
            message = "the file has a control character (0x\(String(bytes[position], radix: 16)))"
        } else if String(validating: bytes, as: UTF8.self) == nil {
            offset = firstInvalidUTF8(bytes)
            message = "the file is not UTF-8"
        }
        guard let message else { return }
        let (line, column) = place(of: offset, in: bytes)
        throw ManifestError(file: file, line: line, column: column, message: message)
    }

    private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { offset += UTF8.width(scalar) }
        return offset
    }

    /// Every line break as `\n`.
    private static func normalized(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.contains(0x0D) else { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for (position, byte) in bytes.enumerated() {
            if byte != 0x0D {
                result.append(byte)
            } else if position + 1 == bytes.count || bytes[position + 1] != 0x0A {
                result.append(0x0A)
            }
        }
        return result
    }

    private static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
        LineStarts(bytes).place(of: offset)
    }
}
