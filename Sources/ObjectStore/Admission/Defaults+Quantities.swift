import JSONTree
import KubernetesAPI

extension Defaults {
    struct MalformedValue: Error {
        var message: String
    }

    /// Gives every quantity its canonical form (`1024Mi` becomes `1Gi`), and sees that bytes are base 64.
    static func canonicalize(_ object: inout JSONValue, _ kind: ResourceKind) throws(MalformedValue) {
        switch kind {
        case .persistentVolumeClaim:
            try object.change("spec", canonicalizeResources)
            try object.change("status") { status throws(MalformedValue) in
                try canonicalizeAmounts(&status, "capacity")
                try canonicalizeAmounts(&status, "allocatedResources")
            }
        case .persistentVolume:
            try object.change("spec") { spec throws(MalformedValue) in
                try canonicalizeAmounts(&spec, "capacity")
            }
        case .pod: try object.change("spec", canonicalizePodSpec)
        case .statefulSet:
            try object.change("spec") { spec throws(MalformedValue) in
                try spec.change("template") { template throws(MalformedValue) in
                    try template.change("spec", canonicalizePodSpec)
                }
                try spec.changeElements("volumeClaimTemplates") { claim throws(MalformedValue) in
                    try claim.change("spec", canonicalizeResources)
                }
            }
        case .node:
            try object.change("status") { status throws(MalformedValue) in
                try canonicalizeAmounts(&status, "capacity")
                try canonicalizeAmounts(&status, "allocatable")
            }
        case .secret: try checkBytes(object.members("data"))
        case .configMap: try checkBytes(object.members("binaryData"))
        default: break
        }
    }

    private static func canonicalizePodSpec(_ spec: inout JSONValue) throws(MalformedValue) {
        for list in ["containers", "initContainers", "ephemeralContainers"] {
            try spec.changeElements(list, canonicalizeResources)
        }
        try canonicalizeAmounts(&spec, "overhead")
        try spec.changeElements("volumes") { volume throws(MalformedValue) in
            try volume.change("emptyDir") { source throws(MalformedValue) in
                guard let limit = source.present("sizeLimit") else { return }
                source["sizeLimit"] = try canonical(limit)
            }
            try volume.change("ephemeral") { source throws(MalformedValue) in
                try source.change("volumeClaimTemplate") { template throws(MalformedValue) in
                    try template.change("spec", canonicalizeResources)
                }
            }
        }
    }

    /// `resources.requests` and `resources.limits`, of a claim or a container.
    private static func canonicalizeResources(_ owner: inout JSONValue) throws(MalformedValue) {
        try owner.change("resources") { resources throws(MalformedValue) in
            try canonicalizeAmounts(&resources, "requests")
            try canonicalizeAmounts(&resources, "limits")
        }
    }

    private static func canonicalizeAmounts(_ owner: inout JSONValue, _ key: String) throws(MalformedValue) {
        try owner.change(key) { amounts throws(MalformedValue) in
            for (resource, value) in amounts.objectValue ?? [:] {
                let text = try canonical(value)
                if text != value { amounts[resource] = text }
            }
        }
    }

    private static func canonical(_ value: JSONValue) throws(MalformedValue) -> JSONValue {
        do {
            return try Quantity(value).json
        } catch {
            throw MalformedValue(message: error.description)
        }
    }

    private static func checkBytes(_ values: JSONObject) throws(MalformedValue) {
        for (_, value) in values {
            guard let text = value.stringValue else { continue }
            do {
                _ = try Base64.decode(text)
            } catch {
                throw MalformedValue(message: error.description)
            }
        }
    }
}
