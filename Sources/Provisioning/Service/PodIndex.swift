import KubernetesAPI

/// Which Pods use which claims.
struct PodIndex: Sendable {
    struct Entry: Sendable {
        var resourceVersion: UInt64
        var claims: [ObjectKey]
        /// Empty until one was chosen.
        var nodeName: String
        var isTerminated: Bool

        init(_ pod: Pod, resourceVersion: UInt64) {
            self.resourceVersion = resourceVersion
            claims = pod.claimNames.map { ObjectKey(namespace: pod.namespace, name: $0) }
            nodeName = pod.nodeName
            isTerminated = pod.isTerminated
        }
    }

    private var entries: [ObjectKey: Entry] = [:]
    private var byClaim: [ObjectKey: Set<ObjectKey>] = [:]

    init() {}

    var keys: some Collection<ObjectKey> { entries.keys }

    subscript(key: ObjectKey) -> Entry? { entries[key] }

    /// - Returns: The claims that it used or uses.
    mutating func set(_ key: ObjectKey, _ entry: Entry?) -> [ObjectKey] {
        let old = entries.removeValue(forKey: key)?.claims ?? []
        for claim in old {
            byClaim[claim]?.remove(key)
            if byClaim[claim]?.isEmpty == true { byClaim[claim] = nil }
        }
        guard let entry else { return old }
        entries[key] = entry
        for claim in entry.claims { byClaim[claim, default: []].insert(key) }
        return old + entry.claims
    }

    /// The Pods that use the claim and have not ended, by name.
    func users(of claim: ObjectKey) -> [(key: ObjectKey, entry: Entry)] {
        (byClaim[claim] ?? []).sorted().compactMap { key in
            guard let entry = entries[key], !entry.isTerminated else { return nil }
            return (key, entry)
        }
    }
}
