import JSONTree
import KubernetesAPI

extension FieldSelector {
    /// What each kind can be selected by beside its name and namespace, as Kubernetes' own kinds can
    /// (pkg/apis/core/v1/conversion.go, AddFieldLabelConversionsFor…).
    private static let fields: [ResourceKind: Set<String>] = [
        .pod: [
            "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
            "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName",
        ],
        .node: ["spec.unschedulable"],
        .namespace: ["status.phase"],
        .secret: ["type"],
        .event: [
            "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
            "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
            "reportingComponent", "source", "type",
        ],
    ]

    /// - Throws: `BadRequest` for a field by which this kind cannot be selected.
    func check(for kind: ResourceKind) throws(StatusError) {
        for requirement in requirements {
            switch requirement.field {
            case "metadata.name", "metadata.namespace": continue
            case let field where Self.fields[kind]?.contains(field) ?? false: continue
            case let field: throw .badRequest("field label not supported: \(field)")
            }
        }
    }

    /// Whether an object has the fields that are asked for. A field that is absent counts as empty, as in Kubernetes.
    func matches(_ object: StoredObject) -> Bool {
        var tree: JSONValue?
        for requirement in requirements {
            let value: String
            switch requirement.field {
            case "metadata.name": value = object.key.name
            case "metadata.namespace": value = object.key.namespace ?? ""
            default:
                let decoded = tree ?? object.decoded()
                tree = decoded
                value = Self.value(of: requirement.field, in: decoded)
            }
            guard (value == requirement.value) == requirement.isEqual else { return false }
        }
        return true
    }

    private static func value(of field: String, in object: JSONValue) -> String {
        switch field {
        case "source":
            return text(object.at("source", "component"), absent: text(object["reportingComponent"]))
        // False when absent, as their types in Kubernetes are.
        case "spec.hostNetwork", "spec.unschedulable": return text(member(field, of: object), absent: "false")
        default: return text(member(field, of: object))
        }
    }

    private static func member(_ path: String, of object: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(object) { value, name in value?[String(name)] }
    }

    private static func text(_ value: JSONValue?, absent: String = "") -> String {
        switch value {
        case .string(let string) where !string.isEmpty: string
        case .bool(let bool): String(bool)
        case .integer(let integer): String(integer)
        default: absent
        }
    }
}
