import JSONTree
import KubernetesAPI
import KubernetesClient

/// Waits until a claim is Bound.
struct ClaimWaiting: Sendable {
    let client: ClusterClient
    let timeout: Duration

    /// - Returns: One line that says what the claim is bound to.
    /// - Throws: ``CommandFailure`` with the claim's events when it is not Bound in time: they say why.
    func untilBound(_ claim: StoredObject) async throws -> String {
        let waiting = ObjectWaiting(client: client, timeout: timeout)
        let bound = try await waiting.first(.persistentVolumeClaim, claim.key, after: nil) { event -> JSONValue? in
            let claim = event.object.decoded()
            return claim.at("status", "phase") == "Bound" ? claim : nil
        }
        guard let bound else { throw try await whyPending(claim) }
        let name = bound.at("spec", "volumeName")?.stringValue ?? ""
        let volume = PersistentVolume(try await client.get(.persistentVolume, ObjectKey(name: name)))
        return "persistentvolumeclaim/\(claim.key.name) is Bound to \(name): \(volume.sizeAndPlace)"
    }

    private func whyPending(_ claim: StoredObject) async throws -> CommandFailure {
        let selector = FieldSelector(requirements: [.init(field: "involvedObject.uid", value: claim.uid)])
        let events = try await client.list(
            .event, ListOptions(namespace: claim.key.namespace, fieldSelector: selector))
        let messages = events.items.map { $0.decoded() }.map {
            "  \($0["reason"]?.stringValue ?? ""): \($0["message"]?.stringValue ?? "")"
        }
        let why = messages.isEmpty ? "  nothing was said about it yet" : messages.joined(separator: "\n")
        return CommandFailure("the claim \(claim.key) is not Bound after \(timeout):\n\(why)")
    }
}
