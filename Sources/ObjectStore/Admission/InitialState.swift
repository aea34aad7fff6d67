import JSONTree
import KubernetesAPI

/// What an object begins with that its maker does not say, and what is noted when it changes: the part of Kubernetes'
/// registry strategies that differs from kind to kind.
enum InitialState {
    /// - Parameter object: Without a status: nobody but the system gives the first one.
    static func prepareCreation(_ object: inout JSONValue, _ kind: ResourceKind, now: Timestamp) {
        switch kind {
        case .namespace: NamespaceRules.prepareCreation(&object)
        case .persistentVolumeClaim:
            object["status"] = ["phase": .string(ClaimPhase.pending.rawValue)]
            object.change("spec", prepareSources)
        case .persistentVolume:
            object["status"] = [
                "phase": .string(VolumePhase.pending.rawValue), "lastPhaseTransitionTime": now.json,
            ]
        case .pod:
            object["status"] = ["phase": "Pending", "qosClass": .string(QualityOfService.of(object["spec"] ?? [:]))]
        case .statefulSet: object["status"] = ["replicas": 0, "availableReplicas": 0]
        case .volumeAttachment: object["status"] = ["attached": false]
        default: break
        }
    }

    /// Notes when a volume changed its phase, unless the writer says it (KEP-3762).
    static func prepareStatusUpdate(
        _ object: inout JSONValue, _ kind: ResourceKind, old: JSONValue, now: Timestamp
    ) {
        let field = "lastPhaseTransitionTime"
        guard kind == .persistentVolume, object["status"]?.text("phase") != old["status"]?.text("phase"),
            object["status"]?.present(field) == nil || object["status"]?[field] == old["status"]?[field]
        else { return }
        object.set(now.json, at: "status", field)
    }

    /// `dataSource` and its successor `dataSourceRef` say the same unless both were given (KEP-1495).
    private static func prepareSources(_ spec: inout JSONValue) {
        let (source, reference) = (spec.present("dataSource"), spec.present("dataSourceRef"))
        switch (source, reference) {
        case (let source?, nil):
            let isKnown =
                (source.text("apiGroup") == "" && source.text("kind") == "PersistentVolumeClaim")
                || (source.text("apiGroup") == "snapshot.storage.k8s.io" && source.text("kind") == "VolumeSnapshot")
            if isKnown {
                spec["dataSourceRef"] = source
            } else {
                // Has always been dropped in silence; only the new field takes other kinds.
                spec["dataSource"] = nil
            }
        case (nil, let reference?) where reference.text("namespace").isEmpty:
            var source: JSONObject = [:]
            for field in ["apiGroup", "kind", "name"] { source[field] = reference.present(field) }
            spec["dataSource"] = .object(source)
        default: break
        }
    }
}

/// A pod's `status.qosClass`.
private enum QualityOfService {
    static func of(_ spec: JSONValue) -> String {
        var isAnySet = false
        var isGuaranteed = true
        for container in spec.elements("containers") + spec.elements("initContainers") {
            let (requests, limits) = (container["resources"]?["requests"], container["resources"]?["limits"])
            for resource in ["cpu", "memory"] {
                let (request, limit) = (amount(requests, resource), amount(limits, resource))
                if request != nil || limit != nil { isAnySet = true }
                if limit == nil || request != limit { isGuaranteed = false }
            }
        }
        guard isAnySet else { return "BestEffort" }
        return isGuaranteed ? "Guaranteed" : "Burstable"
    }

    private static func amount(_ amounts: JSONValue?, _ resource: String) -> Quantity? {
        amounts?.quantity(resource).flatMap { $0.isZero ? nil : $0 }
    }
}
