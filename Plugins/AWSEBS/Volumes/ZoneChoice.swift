import DriverProtocol

/// In which zone a volume is made: what a claim's topology, the class and the region's zones leave, in the order in
/// which they are tried. Pure.
struct ZoneChoice: Sendable, Hashable {
    /// A zone, by one of its two names.
    enum Zone: Sendable, Hashable {
        /// `us-east-1a`
        case name(String)
        /// `use1-az1`, which is the same zone for every account.
        case id(String)

        init?(_ topology: [String: String]) {
            if let name = ZoneChoice.nameKeys.lazy.compactMap({ topology[$0] }).first {
                self = .name(name)
            } else if let id = topology[ZoneChoice.idKey] {
                self = .id(id)
            } else {
                return nil
            }
        }

        var parameter: (name: String, value: String) {
            switch self {
            case .name(let name): ("AvailabilityZone", name)
            case .id(let id): ("AvailabilityZoneId", id)
            }
        }

        var text: String {
            switch self {
            case .name(let text), .id(let text): text
            }
        }
    }

    /// The key of a PersistentVolume's node affinity.
    static let key = "topology.kubernetes.io/zone"
    static let regionKey = "topology.kubernetes.io/region"
    private static let idKey = "topology.k8s.aws/zone-id"
    private static let nameKeys = [key, "topology.ebs.csi.aws.com/zone", "failure-domain.beta.kubernetes.io/zone"]

    /// The zones that the request allows; `nil`: any.
    let allowed: [Zone]?
    /// Those of them that are to be tried first, the best one at the front.
    let preferred: [Zone]

    /// - Throws: ``DriverError`` for a class whose zones and whose claim's topology exclude each other.
    init(_ topology: TopologyRequirement?, parameters: [String: String]) throws(DriverError) {
        let ofClass = try Self.zones(of: parameters)
        let requisite = Self.zones(topology?.requisite ?? [])
        let all: [Zone]? =
            switch (ofClass, requisite.isEmpty) {
            case (nil, true): nil
            case (nil, false): requisite
            case (let zones?, true): zones
            case (let zones?, false): zones.filter { requisite.contains($0) }
            }
        if let all, all.isEmpty {
            throw DriverError(
                .invalidArgument,
                "the class has volumes in \((ofClass ?? []).map(\.text).joined(separator: ", ")), the claim needs one in "
                    + requisite.map(\.text).joined(separator: ", "),
                field: "volume.topology", outcome: .final)
        }
        allowed = all
        preferred = Self.zones(topology?.preferred ?? []).filter { all?.contains($0) ?? true }
    }

    /// Whether a volume in this zone is what the request wants.
    func allows(name: String, id: String?) -> Bool {
        guard let allowed else { return true }
        return allowed.contains { $0 == .name(name) || $0 == .id(id ?? "") }
    }

    /// The zones to try, the best first: what is preferred; then the others, beginning at one that depends on the claim.
    ///
    /// - Parameters:
    ///   - regional: All zones of the region, for a request that allows any.
    ///   - claim: The claim's name, or the volume's: claims of one StatefulSet, which count up at their ends, go round
    ///     the zones. Source: Kubernetes' ChooseZoneForVolume.
    func order(regional: [String], claim: String) -> [Zone] {
        let all = (allowed ?? regional.map(Zone.name)).sorted { $0.text < $1.text }
        var order = preferred
        guard !all.isEmpty else { return order }
        let start = Self.position(of: claim, count: all.count)
        for offset in all.indices {
            let zone = all[(start + offset) % all.count]
            if !order.contains(zone) { order.append(zone) }
        }
        return order
    }

    private static func position(of claim: String, count: Int) -> Int {
        var name = claim[...]
        var index: UInt32 = 0
        if let dash = claim.lastIndex(of: "-"), let number = UInt32(claim[claim.index(after: dash)...]) {
            name = claim[..<dash]
            index = number
        }
        var hash: UInt32 = 2_166_136_261  // FNV-1
        for byte in name.utf8 { hash = (hash &* 16_777_619) ^ UInt32(byte) }
        return Int((hash &+ index) % UInt32(count))
    }

    private static func zones(of parameters: [String: String]) throws(DriverError) -> [Zone]? {
        if let zone = parameters["zone"] {
            guard parameters["zones"] == nil else {
                throw VolumeSpecification.invalid("zones", "zone and zones exclude each other; give one of them")
            }
            return [.name(zone)]
        }
        guard let list = parameters["zones"] else { return nil }
        let zones = list.split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        guard !zones.isEmpty else { throw VolumeSpecification.invalid("zones", "zones names no zone") }
        return zones.map { .name($0) }
    }

    private static func zones(_ terms: [[String: String]]) -> [Zone] {
        var zones: [Zone] = []
        for zone in terms.compactMap(Zone.init) where !zones.contains(zone) { zones.append(zone) }
        return zones
    }
}
