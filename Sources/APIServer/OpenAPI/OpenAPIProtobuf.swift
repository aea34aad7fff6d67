import JSONTree

/// A Swagger 2.0 document in gnostic's protobuf form (`openapi.v2.Document`), the only one that kubectl reads before
/// 1.27. Field numbers: gnostic, openapiv2/OpenAPIv2.proto.
enum OpenAPIProtobuf {
    static func encode(_ document: JSONValue) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(1, document["swagger"]?.stringValue ?? "")
        writer.write(2) { info in
            info.write(1, document.at("info", "title")?.stringValue ?? "")
            info.write(2, document.at("info", "version")?.stringValue ?? "")
        }
        writer.write(8) { paths in
            for (path, item) in document["paths"]?.objectValue ?? [:] {
                paths.write(2) { named in
                    named.write(1, path)
                    named.write(2) { write(pathItem: item, to: &$0) }
                }
            }
        }
        writer.write(9) { write(namedSchemas: document["definitions"], to: &$0) }
        return writer.bytes
    }

    // MARK: - Paths

    private static let operations = [("get", 2), ("put", 3), ("post", 4), ("delete", 5), ("patch", 8)]

    private static func write(pathItem item: JSONValue, to writer: inout ProtobufWriter) {
        for (name, number) in operations {
            guard let operation = item[name] else { continue }
            writer.write(number) { write(operation: operation, to: &$0) }
        }
        for parameter in item["parameters"]?.arrayValue ?? [] {
            writer.write(9) { write(parameter: parameter, to: &$0) }
        }
    }

    private static func write(operation: JSONValue, to writer: inout ProtobufWriter) {
        for parameter in operation["parameters"]?.arrayValue ?? [] {
            writer.write(8) { write(parameter: parameter, to: &$0) }
        }
        writer.write(9) { responses in
            for (code, response) in operation["responses"]?.objectValue ?? [:] {
                responses.write(1) { named in
                    named.write(1, code)
                    named.write(2) { value in value.write(1) { write(response: response, to: &$0) } }
                }
            }
        }
        write(extensionsOf: operation, 13, to: &writer)
    }

    private static func write(response: JSONValue, to writer: inout ProtobufWriter) {
        writer.write(1, response["description"]?.stringValue ?? "")
        guard let schema = response["schema"] else { return }
        writer.write(2) { item in item.write(1) { write(schema: schema, to: &$0) } }
    }

    /// `ParametersItem` > `Parameter` > `NonBodyParameter` > `QueryParameterSubSchema` or `PathParameterSubSchema`.
    private static func write(parameter: JSONValue, to writer: inout ProtobufWriter) {
        let isInPath = parameter["in"] == "path"
        writer.write(1) { item in
            item.write(2) { nonBody in
                nonBody.write(isInPath ? 4 : 3) { schema in
                    if let required = parameter["required"]?.boolValue { schema.write(1, required) }
                    schema.write(2, parameter["in"]?.stringValue ?? "")
                    schema.write(3, parameter["description"]?.stringValue ?? "")
                    schema.write(4, parameter["name"]?.stringValue ?? "")
                    schema.write(isInPath ? 5 : 6, parameter["type"]?.stringValue ?? "")
                }
            }
        }
    }

    // MARK: - Schemas

    /// `Definitions` and `Properties` have the same form.
    private static func write(namedSchemas schemas: JSONValue?, to writer: inout ProtobufWriter) {
        for (name, schema) in schemas?.objectValue ?? [:] {
            writer.write(1) { named in
                named.write(1, name)
                named.write(2) { write(schema: schema, to: &$0) }
            }
        }
    }

    private static func write(schema: JSONValue, to writer: inout ProtobufWriter) {
        if let reference = schema["$ref"]?.stringValue { writer.write(1, reference) }
        if let format = schema["format"]?.stringValue { writer.write(2, format) }
        if let description = schema["description"]?.stringValue { writer.write(4, description) }
        for name in schema["required"]?.stringArray ?? [] { writer.write(19, name) }
        if let additional = schema["additionalProperties"] {
            writer.write(21) { item in item.write(1) { write(schema: additional, to: &$0) } }
        }
        if let type = schema["type"]?.stringValue { writer.write(22) { $0.write(1, type) } }
        if let items = schema["items"] {
            writer.write(23) { item in item.write(1) { write(schema: items, to: &$0) } }
        }
        if let properties = schema["properties"] {
            writer.write(25) { write(namedSchemas: properties, to: &$0) }
        }
        write(extensionsOf: schema, 31, to: &writer)
    }

    /// Their values as YAML, of which JSON is a part.
    private static func write(extensionsOf value: JSONValue, _ number: Int, to writer: inout ProtobufWriter) {
        for (name, value) in value.objectValue ?? [:] where name.hasPrefix("x-") {
            writer.write(number) { named in
                named.write(1, name)
                named.write(2) { any in any.write(2, String(decoding: value.encoded, as: UTF8.self)) }
            }
        }
    }
}
