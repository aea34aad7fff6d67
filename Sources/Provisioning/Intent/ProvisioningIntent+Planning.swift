import DriverProtocol
import JSONTree
import KubernetesAPI

extension ProvisioningIntent {
    /// The arguments for a claim's first call.
    ///
    /// - Parameter node: The node that the first consumer runs on, for a class that waits for one.
    /// - Throws: ``ProvisioningRefusal`` for what no driver could do right.
    init(
        _ claim: PersistentVolumeClaim, _ storageClass: StorageClass, node: ClaimRequirements.Node?
    ) throws(ProvisioningRefusal) {
        if let selector = claim.json.at("spec", "selector"), !selector.isNull {
            throw ProvisioningRefusal(
                "claim.spec.selector is for volumes that exist already; class \"\(storageClass.name)\" makes new ones. "
                    + "Remove the selector, or create a volume with these labels", field: "spec.selector")
        }
        if let source = claim.dataSource {
            throw ProvisioningRefusal(
                "the claim's content is to come from \(source.kind) \"\(source.name)\": content sources are not "
                    + "supported here, and an empty volume in its place would be wrong. Remove spec.dataSource",
                field: "spec.dataSource")
        }
        guard let request = claim.request, request.bytes > 0 else {
            throw ProvisioningRefusal(
                "spec.resources.requests.storage is missing or not positive", field: "spec.resources.requests[storage]")
        }
        do throws(ClassParameterError) {
            let parameters = try ClassParameters(storageClass.parameters)
            secret = try parameters.secret(for: .provision)?.resolved(
                SecretTemplate.Values(
                    volumeName: Self.volumeName(claimUID: claim.uid), claim: claim.key,
                    claimAnnotations: claim.metadata.annotations))
        } catch {
            throw ProvisioningRefusal("\(error). \(Self.classRemedy(storageClass.name))")
        }
        topology = try Self.topology(storageClass, node: node)
        provisioner = storageClass.provisioner
        className = storageClass.name
        classUID = storageClass.uid
        parameters = storageClass.parameters
        reclaimPolicy = storageClass.reclaimPolicy
        mountOptions = storageClass.mountOptions
        requestBytes = request.bytes
        limitBytes = claim.limit?.bytes
        accessModes = claim.accessModes.map(\.rawValue)
        volumeMode = claim.volumeMode.rawValue
        claimLabels = claim.metadata.labels
        // kubectl's own record, and ours and the binder's marks, are no words of the claim's owner.
        claimAnnotations = claim.metadata.annotations.filter { key, _ in
            key != WellKnownAnnotation.lastAppliedConfiguration && !key.hasPrefix("berth.dev/")
                && !key.hasPrefix("volume.kubernetes.io/") && !key.hasPrefix("volume.beta.kubernetes.io/")
                && !key.hasPrefix("pv.kubernetes.io/")
        }
    }

    /// What to do about a wrong parameter of a class: its parameters cannot be changed (apis/storage/validation).
    static func classRemedy(_ className: String) -> String {
        "Delete StorageClass \"\(className)\" and create it with the right parameters (those of a class that exists "
            + "cannot be changed); the claim is then tried again at once"
    }

    /// Where the volume must be reachable: in the class's `allowedTopologies`, at best from the consumer's node
    /// (external-provisioner's README, its table of topologies).
    private static func topology(
        _ storageClass: StorageClass, node: ClaimRequirements.Node?
    ) throws(ProvisioningRefusal) -> TopologyRequirement? {
        let allowed = storageClass.allowedTopologies.flatMap(segments)
        guard let node else { return allowed.isEmpty ? nil : TopologyRequirement(requisite: allowed) }
        guard !allowed.isEmpty else {
            let keys = [WellKnownLabel.region, WellKnownLabel.zone, WellKnownLabel.hostname]
            let own = node.labels.filter { keys.contains($0.key) }
            return own.isEmpty ? nil : TopologyRequirement(requisite: [own], preferred: [own])
        }
        let reachable = allowed.filter { segments in segments.allSatisfy { node.labels[$0.key] == $0.value } }
        guard !reachable.isEmpty else {
            throw ProvisioningRefusal(
                "the Pod's node \"\(node.name)\" lies in none of the allowedTopologies of StorageClass "
                    + "\"\(storageClass.name)\"")
        }
        let others = allowed.filter { !reachable.contains($0) }
        return TopologyRequirement(requisite: allowed, preferred: reachable + others)
    }

    /// One term allows every combination of the values that it lists (`v1.TopologySelectorTerm`).
    private static func segments(_ term: JSONValue) -> [[String: String]] {
        let expressions = term["matchLabelExpressions"]?.arrayValue ?? []
        guard !expressions.isEmpty else { return [] }
        return expressions.reduce([[:]]) { combinations, expression in
            guard let key = expression["key"]?.stringValue else { return combinations }
            return combinations.flatMap { combination in
                (expression["values"]?.stringArray ?? []).map { value in
                    combination.merging([key: value]) { $1 }
                }
            }
        }
    }
}
