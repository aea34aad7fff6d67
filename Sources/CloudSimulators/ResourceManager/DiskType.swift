/// A kind of disk (`sku.name`) with its limits, as the configuration gives them.
struct DiskType: Sendable {
    enum Zones: String, Sendable {
        /// In a location that has zones, a disk lies in one of them.
        case required
        case optional
        /// The disk lies in all of them.
        case forbidden
    }

    /// Up to a size, a tier gives the performance.
    struct Tier: Sendable {
        var name: String
        var sizeGB: Int64
        var iops: Int64
        var megabytesPerSecond: Int64
    }

    enum Performance: Sendable {
        case tiers([Tier])
        case provisioned(ProvisionedPerformance)
    }

    /// Performance that is asked for, within bounds that depend on the size.
    struct ProvisionedPerformance: Sendable {
        var minimumIOPS: Int64
        var minimumIOPSPerGB: Double
        var maximumIOPS: Int64
        /// At most `baseIOPS + iopsPerGB × (size − baseGB)`.
        var baseIOPS: Int64
        var baseGB: Int64
        var iopsPerGB: Double
        var defaultIOPS: Int64
        var minimumMBps: Int64
        var maximumMBps: Int64
        var megabytesPerSecondPerIOPS: Double
        var defaultMBps: Int64
        /// In any 24 hours.
        var changesPerDay: Int64

        init(_ settings: SettingsReader) throws(SettingsError) {
            minimumIOPS = try settings.integer("minimumIOPS")
            minimumIOPSPerGB = try settings.number("minimumIOPSPerGB")
            maximumIOPS = try settings.integer("maximumIOPS")
            baseIOPS = try settings.integer("baseIOPS")
            baseGB = try settings.integer("baseGB")
            iopsPerGB = try settings.number("iopsPerGB")
            defaultIOPS = try settings.integer("defaultIOPS")
            minimumMBps = try settings.integer("minimumMBps")
            maximumMBps = try settings.integer("maximumMBps")
            megabytesPerSecondPerIOPS = try settings.number("megabytesPerSecondPerIOPS")
            defaultMBps = try settings.integer("defaultMBps")
            changesPerDay = try settings.integer("changesPerDay")
        }

        func iopsBounds(sizeGB: Int64) -> ClosedRange<Int64> {
            let least = max(minimumIOPS, Int64(saturating: Double(sizeGB) * minimumIOPSPerGB))
            let more = Int64(saturating: Double(max(0, sizeGB - baseGB)) * iopsPerGB)
            let most = more > .max - baseIOPS ? .max : baseIOPS + more
            return min(least, maximumIOPS)...max(min(most, maximumIOPS), min(least, maximumIOPS))
        }

        func throughputBounds(iops: Int64) -> ClosedRange<Int64> {
            let most = min(maximumMBps, Int64(saturating: Double(iops) * megabytesPerSecondPerIOPS))
            return minimumMBps...max(minimumMBps, most)
        }
    }

    /// `Premium_LRS`
    var name: String
    /// `sku.tier`: `Premium`
    var tier: String
    var minimumGB: Int64
    var maximumGB: Int64
    var zones: Zones
    var performance: Performance
    /// From a size on, by so many machines at a time.
    var maximumShares: [(fromGB: Int64, shares: Int64)]
    /// Disks above this size can burst on demand; `nil`: none can.
    var burstingAboveGB: Int64?
    /// From this size on `performancePlus` is possible; `nil`: it is not.
    var performancePlusFromGB: Int64?
    var sectorSizes: [Int64]
    var allowsCaching: Bool
    /// A disk of this type cannot become one of another, nor the other way.
    var isUnconvertible: Bool

    /// - Throws: ``SettingsError``
    init(_ settings: SettingsReader) throws(SettingsError) {
        name = settings.name
        tier = try settings.string("tier")
        minimumGB = try settings.integer("minimumGB", in: 1...1 << 20)
        maximumGB = try settings.integer("maximumGB", in: 1...1 << 20)
        let word = try settings.string(ifSet: "zones") ?? Zones.optional.rawValue
        guard let zones = Zones(rawValue: word) else {
            throw settings.error("zones", "is neither required nor optional nor forbidden")
        }
        self.zones = zones
        maximumShares = []
        for entry in try settings.list("maximumShares") {
            maximumShares.append((try entry.integer("fromGB"), try entry.integer("shares")))
        }
        burstingAboveGB = try settings.integer(ifSet: "burstingAboveGB")
        performancePlusFromGB = try settings.integer(ifSet: "performancePlusFromGB")
        sectorSizes = try settings.strings(ifSet: "sectorSizes")?.compactMap { Int64($0) } ?? []
        allowsCaching = try settings.bool(ifSet: "caching") ?? false
        isUnconvertible = try settings.bool(ifSet: "unconvertible") ?? false
        var tiers: [Tier] = []
        for entry in try settings.list("tiers") {
            tiers.append(
                Tier(
                    name: try entry.string("name"), sizeGB: try entry.integer("sizeGB"),
                    iops: try entry.integer("iops"), megabytesPerSecond: try entry.integer("megabytesPerSecond")))
        }
        performance =
            tiers.isEmpty
            ? .provisioned(try ProvisionedPerformance(try settings.table("provisioned"))) : .tiers(tiers)
    }

    func shares(sizeGB: Int64) -> Int64 { maximumShares.last { $0.fromGB <= sizeGB }?.shares ?? 1 }

    /// The tier of a disk of this size; `nil` where performance is asked for instead.
    func tier(sizeGB: Int64) -> Tier? {
        guard case .tiers(let tiers) = performance else { return nil }
        return tiers.first { $0.sizeGB >= sizeGB } ?? tiers.last
    }
}
