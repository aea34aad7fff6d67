import JSONTree
import KubernetesAPI

/// The schemas of types, with Kubernetes' extensions (`x-kubernetes-…`) for merging.
struct OpenAPISchemas {
    /// By name, those that something refers to.
    private(set) var definitions: JSONObject = [:]

    private let version: OpenAPIVersion

    init(_ version: OpenAPIVersion) {
        self.version = version
    }

    /// Adds a kind, its list, and all types that they refer to.
    mutating func add(_ served: Schema.ServedType) {
        for (type, kind) in [(served.type, served.kind.kind), (served.listType, served.kind.listKind)] {
            var schema = object(type)
            schema["x-kubernetes-group-version-kind"] = [
                [
                    "group": .string(served.kind.group), "version": .string(served.version), "kind": .string(kind),
                ]
            ]
            definitions[type.qualifiedName] = .object(schema)
        }
    }

    private mutating func object(_ type: ObjectType) -> JSONObject {
        var properties: JSONObject = [:]
        for field in type.fields { properties[field.name] = .object(property(field)) }
        var schema: JSONObject = ["description": .string(type.description), "type": "object"]
        let required = type.fields.filter(\.isRequired).map(\.name)
        if !required.isEmpty { schema["required"] = JSONValue(required) }
        if !properties.isEmpty { schema["properties"] = .object(properties) }
        if type.isAtomic { schema["x-kubernetes-map-type"] = "atomic" }
        return schema
    }

    private mutating func property(_ field: Field) -> JSONObject {
        var schema = self.schema(field.type)
        if version == .version3, let reference = schema["$ref"] {
            // In version 3 nothing may stand beside a reference.
            schema = ["allOf": [["$ref": reference]]]
        }
        schema["description"] = .string(field.description)
        switch field.type {
        case .list(_, let listType):
            switch listType {
            case .atomic: schema["x-kubernetes-list-type"] = "atomic"
            case .set: schema["x-kubernetes-list-type"] = "set"
            case .map(let keys):
                schema["x-kubernetes-list-type"] = "map"
                schema["x-kubernetes-list-map-keys"] = JSONValue(keys.map(\.name))
            }
        case .map(_, isAtomic: true): schema["x-kubernetes-map-type"] = "atomic"
        case .object(let type, let isAtomic) where type.isAtomic != isAtomic:
            schema["x-kubernetes-map-type"] = isAtomic ? "atomic" : "granular"
        default: break
        }
        if let strategy = field.patchStrategy {
            if let key = strategy.mergeKey { schema["x-kubernetes-patch-merge-key"] = .string(key) }
            schema["x-kubernetes-patch-strategy"] = strategy.retainsKeys ? "merge,retainKeys" : "merge"
        }
        return schema
    }

    private mutating func schema(_ type: FieldType) -> JSONObject {
        switch type {
        case .string: return ["type": "string"]
        case .bool: return ["type": "boolean"]
        case .int32: return ["type": "integer", "format": "int32"]
        case .int64: return ["type": "integer", "format": "int64"]
        case .double: return ["type": "number", "format": "double"]
        case .bytes: return ["type": "string", "format": "byte"]
        case .quantity: return reference(CommonSchema.quantity)
        case .time: return reference(CommonSchema.time)
        case .microTime: return reference(CommonSchema.microTime)
        case .intOrString: return reference(CommonSchema.intOrString)
        case .any: return reference(CommonSchema.fieldsV1)
        case .object(let type, _): return reference(type)
        case .map(let element, _):
            return ["type": "object", "additionalProperties": .object(schema(element))]
        case .list(let element, _): return ["type": "array", "items": .object(schema(element))]
        }
    }

    private mutating func reference(_ type: ObjectType) -> JSONObject {
        if definitions[type.qualifiedName] == nil { definitions[type.qualifiedName] = .object(object(type)) }
        return ["$ref": version.reference(type.qualifiedName)]
    }

    private mutating func reference(_ common: CommonSchema) -> JSONObject {
        if definitions[common.name] == nil {
            definitions[common.name] = version == .version2 ? common.version2 : common.version3
        }
        return ["$ref": version.reference(common.name)]
    }
}

/// A type that is no object with fields, and has a definition of its own all the same.
private struct CommonSchema {
    var name: String
    var version2: JSONValue
    var version3: JSONValue

    private init(_ name: String, _ description: String, _ version2: JSONObject, _ version3: JSONObject? = nil) {
        func described(_ schema: JSONObject) -> JSONValue {
            .object(JSONObject([("description", .string(description))] + schema.map { ($0.key, $0.value) }))
        }
        self.name = name
        self.version2 = described(version2)
        self.version3 = described(version3 ?? version2)
    }

    static let quantity = CommonSchema(
        "io.k8s.apimachinery.pkg.api.resource.Quantity",
        "An exact amount: a number with a binary suffix (Ki, Mi, Gi, Ti, Pi, Ei), a decimal one (m, k, M, G, T, P, E) or "
            + "an exponent, such as 8Gi, 500m or 1e9.",
        ["type": "string"], ["oneOf": [["type": "string"], ["type": "number"]]])
    static let time = CommonSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time", "A moment to the second (RFC 3339), such as 2026-01-31T12:00:00Z.",
        ["type": "string", "format": "date-time"])
    static let microTime = CommonSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime",
        "A moment to the microsecond (RFC 3339), such as 2026-01-31T12:00:00.000000Z.",
        ["type": "string", "format": "date-time"])
    static let intOrString = CommonSchema(
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString", "A number or a text, such as a port's number or its name.",
        ["type": "string", "format": "int-or-string"],
        ["oneOf": [["type": "integer"], ["type": "string"]], "format": "int-or-string"])
    static let fieldsV1 = CommonSchema(
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
        "A set of fields as a tree: f:<name> for a field, k:<keys> for an element of a list by its keys, v:<value> by its "
            + "value, and a dot for the place itself.", ["type": "object"])
}
