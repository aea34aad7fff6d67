import JSONTree
import KubernetesAPI

/// What Kubernetes fills in when it decodes an object: the defaults of the version in which it was written, and the
/// canonical form of its quantities. Applied to every object that is written, so it must change nothing the second
/// time.
enum Defaults {
    /// - Parameter object: As the client sent it, with the `apiVersion` that it was written in.
    /// - Throws: `BadRequest` for a quantity or bytes of a wrong form.
    static func apply(to object: inout JSONValue, _ kind: ResourceKind) throws(StatusError) {
        do {
            try canonicalize(&object, kind)
        } catch {
            let version = object.text("apiVersion").split(separator: "/").last.map(String.init) ?? kind.version
            throw .badRequest(
                "\(kind.kind) in version \"\(version)\" cannot be handled as a \(kind.kind): \(error.message)")
        }
        switch kind {
        case .persistentVolumeClaim: applyToClaim(&object)
        case .persistentVolume: object.change("spec", applyToVolumeSpec)
        case .storageClass:
            object.setDefault("reclaimPolicy", "Delete")
            object.setDefault("volumeBindingMode", "Immediate")
        case .secret: applyToSecret(&object)
        case .pod: object.change("spec", applyToPodSpec)
        case .statefulSet: applyToStatefulSet(&object)
        case .namespace: applyToNamespace(&object)
        default: break
        }
    }

    private static func applyToNamespace(_ namespace: inout JSONValue) {
        guard let name = namespace["metadata"]?.text("name"), !name.isEmpty else { return }
        if namespace["metadata"]?["labels"]?[WellKnownLabel.metadataName] == nil {
            namespace.set(.string(name), at: "metadata", "labels", WellKnownLabel.metadataName)
        }
    }

    /// `stringData` is for writing only: it goes into `data`, and wins there.
    private static func applyToSecret(_ secret: inout JSONValue) {
        secret.setDefaultText("type", "Opaque")
        guard let plain = secret["stringData"] else { return }
        secret["stringData"] = nil
        for (key, value) in plain.objectValue ?? [:] {
            let encoded = Base64.encode(Array((value.stringValue ?? "").utf8))
            secret.set(.string(encoded), at: "data", key)
        }
    }
}
