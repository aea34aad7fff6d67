import DriverProtocol

/// Zones as topology names them, and the choice among them.
enum Zones {
    static let key = "topology.kubernetes.io/zone"
    static let regionKey = "topology.kubernetes.io/region"
    /// All that name a zone.
    private static let keys = [key, "topology.gke.io/zone", "failure-domain.beta.kubernetes.io/zone"]

    /// `us-central1` of `us-central1-a`.
    static func region(_ zone: String) -> String {
        zone.lastIndex(of: "-").map { String(zone[..<$0]) } ?? zone
    }

    static func zone(in labels: [String: String]) -> String? {
        keys.lazy.compactMap { labels[$0] }.first
    }

    /// The zones that a class and a request allow; `nil`: any.
    ///
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT` where the two have none in common.
    static func allowed(
        class named: [String], _ topology: TopologyRequirement?
    ) throws(DriverError) -> [String]? {
        let required = unique((topology?.requisite ?? []).compactMap(zone))
        guard !named.isEmpty else { return required.isEmpty ? nil : required }
        guard !required.isEmpty else { return named }
        let common = named.filter(required.contains)
        guard !common.isEmpty else {
            throw DriverError(
                .invalidArgument,
                "the class allows the zones \(named.joined(separator: ", ")), and the volume must be reachable from "
                    + required.joined(separator: ", "),
                field: "volume.topology")
        }
        return common
    }

    /// `count` of the candidates: first those that the request prefers (where the Pod's node is), then by the claim's
    /// name, so that the claims of a StatefulSet go round all zones, as Kubernetes' in-tree plugins have it
    /// (`ChooseZonesForVolume`). The same arguments give the same zones, in whatever order the candidates come.
    static func choose(
        _ count: Int, among candidates: [String], _ topology: TopologyRequirement?, claim: ClaimReference?,
        volume: String
    ) -> [String] {
        let preferred = unique((topology?.preferred ?? []).compactMap(zone).filter(candidates.contains))
        var chosen = Array(preferred.prefix(1))
        let sorted = unique(candidates).sorted()
        let (hash, ordinal) = spread(claim?.name ?? volume)
        var start = sorted.isEmpty ? 0 : Int((UInt64(hash) + ordinal * UInt64(count)) % UInt64(sorted.count))
        for _ in sorted where chosen.count < count {
            let next = sorted[start]
            if !chosen.contains(next) { chosen.append(next) }
            start = (start + 1) % sorted.count
        }
        return chosen
    }

    /// `data-web-2`: the hash of `data-web`, and 2.
    private static func spread(_ name: String) -> (hash: UInt32, ordinal: UInt64) {
        guard let dash = name.lastIndex(of: "-"), let ordinal = UInt32(name[name.index(after: dash)...]) else {
            return (fnv(name), 0)
        }
        return (fnv(String(name[..<dash])), UInt64(ordinal))
    }

    /// FNV-1, 32 bits, as Kubernetes' own.
    private static func fnv(_ text: String) -> UInt32 {
        text.utf8.reduce(0x811c_9dc5) { ($0 &* 0x0100_0193) ^ UInt32($1) }
    }

    private static func unique(_ zones: [String]) -> [String] {
        var seen: Set<String> = []
        return zones.filter { seen.insert($0).inserted }
    }
}
