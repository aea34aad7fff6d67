public import JSONTree

/// `v1.Pod`, over its JSON: what the controllers of volumes ask of it.
public struct Pod: KubernetesObject, Hashable {
    public static let resourceKind = ResourceKind.pod

    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    /// The node that runs it; empty until one was chosen.
    public var nodeName: String {
        get { json.string("spec", "nodeName") ?? "" }
        set { json.set(newValue.isEmpty ? nil : .string(newValue), at: "spec", "nodeName") }
    }

    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    public var phase: String { json.string("status", "phase") ?? "Pending" }

    /// It ran to its end: it uses its claims no more.
    public var isTerminated: Bool { phase == "Succeeded" || phase == "Failed" }

    /// The claims that its volumes name, those of its generic ephemeral volumes (`<pod>-<volume>`) among them.
    public var claimNames: [String] {
        (json.at("spec", "volumes")?.arrayValue ?? []).compactMap { volume in
            if let claim = volume.string("persistentVolumeClaim", "claimName") { return claim }
            guard let ephemeral = volume["ephemeral"], !ephemeral.isNull else { return nil }
            return volume.string("name").map { "\(name)-\($0)" }
        }
    }
}
