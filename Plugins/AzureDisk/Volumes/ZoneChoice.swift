import DriverProtocol

/// In which region and zone a new disk is put: where the volume's Pod can be. Zones are called `eastus-1` by Kubernetes,
/// `1` in `eastus` by Azure.
struct ZoneChoice: Sendable {
    static let zoneKey = "topology.kubernetes.io/zone"
    static let regionKey = "topology.kubernetes.io/region"
    /// The keys by which a node says where it is, the best first.
    static let keys = ["topology.disk.csi.azure.com/zone", zoneKey, "failure-domain.beta.kubernetes.io/zone"]

    let location: String
    /// `nil`: in none, or in all.
    let zone: String?
    /// Zones from which the volume must be reachable; empty: no matter.
    let allowed: [String]
    /// The topology key that the request speaks of.
    let key: String

    init(
        _ topology: TopologyRequirement?, _ parameters: ClassParameters, _ place: Place, volume: String,
        claim: ClaimReference?
    ) throws(DriverError) {
        let entries = (topology?.preferred ?? []) + (topology?.requisite ?? [])
        key = Self.keys.first { key in entries.contains { $0[key] != nil } } ?? Self.zoneKey
        func zones(_ terms: [[String: String]]) -> [(region: String, zone: String)] {
            terms.compactMap { term in Self.keys.lazy.compactMap { term[$0] }.first.flatMap(Self.split) }
        }
        let preferred = zones(topology?.preferred ?? [])
        let requisite = zones(topology?.requisite ?? [])
        let region = entries.lazy.compactMap { $0[Self.regionKey] }.first
        guard
            let location = parameters.location ?? preferred.first?.region ?? requisite.first?.region ?? region
                ?? place.location
        else {
            throw DriverError(
                .invalidArgument,
                "no location: give the class a parameter location, or the driver a location in drivers.json",
                field: "parameters.location")
        }
        self.location = location
        let here = requisite.filter { $0.region == location }.map(\.zone)
        if !requisite.isEmpty, here.isEmpty {
            throw DriverError(
                .invalidArgument,
                "the volume must be reachable from \(requisite[0].region), and its class says \(location)",
                field: "volume.topology")
        }
        if parameters.type.isZoneRedundant || parameters.isZoned == false {
            (zone, allowed) = (nil, [])
            return
        }
        var distinct: [String] = []
        for zone in here where !distinct.contains(zone) { distinct.append(zone) }
        allowed = distinct
        if let first = preferred.first(where: { $0.region == location }) {
            zone = first.zone
        } else {
            zone = distinct.isEmpty ? nil : distinct.sorted()[Self.turn(volume, claim, distinct.count)]
        }
    }

    /// `eastus-1`; `nil` for what names no zone of Azure's: nodes outside of zones are labelled with a fault domain, `0`.
    static func split(_ text: String) -> (region: String, zone: String)? {
        guard let dash = text.lastIndex(of: "-"), dash != text.startIndex else { return nil }
        let zone = text[text.index(after: dash)...]
        guard !zone.isEmpty, zone.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            return nil
        }
        return (text[..<dash].lowercased(), String(zone))
    }

    /// Spreads volumes over zones: those of a StatefulSet, `data-web-0`, `data-web-1`, one after the other.
    private static func turn(_ volume: String, _ claim: ClaimReference?, _ count: Int) -> Int {
        var name = claim?.name ?? volume
        var ordinal: UInt64 = 0
        if let claim, let dash = claim.name.lastIndex(of: "-"),
            let number = UInt64(claim.name[claim.name.index(after: dash)...])
        {
            name = String(claim.name[..<dash])
            ordinal = number
        }
        // FNV-1a: the same in every process, which Swift's own hashing is not.
        let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Int((hash &+ ordinal) % UInt64(count))
    }
}
