import DriverProtocol

/// A disk type as far as the driver must know it: where its sizes begin and end, and what can be set.
///
/// Sizes are GiB, which Google calls GB. Source: Google's documentation of Persistent Disk and Hyperdisk; where it says 10
/// GB as the least size of pd-*, the API takes 1, as for every claim of 1Gi on GKE.
struct DiskType {
    let name: String
    let minimumGiB: Int64
    let maximumGiB: Int64
    /// The least size of a regional disk; `nil`: there are none.
    let regionalMinimumGiB: Int64?
    var isZonal = true
    var hasIOPS = false
    var hasThroughput = false
    var accessModes: [String] = []
    /// Grown beyond, it must have more operations a second than it may have had: at least `most`, or `perGiB` for each.
    var leastIOPS: (perGiB: Int64, most: Int64)?

    static let inTreeNames = ["pd-standard", "pd-ssd"]
    static var names: [String] { all.map(\.name) }

    private static let all: [DiskType] = [
        DiskType(name: "pd-standard", minimumGiB: 1, maximumGiB: 65_536, regionalMinimumGiB: 200),
        DiskType(name: "pd-ssd", minimumGiB: 1, maximumGiB: 65_536, regionalMinimumGiB: 1),
        DiskType(name: "pd-balanced", minimumGiB: 1, maximumGiB: 65_536, regionalMinimumGiB: 1),
        DiskType(name: "pd-extreme", minimumGiB: 500, maximumGiB: 65_536, regionalMinimumGiB: nil, hasIOPS: true),
        DiskType(
            name: "hyperdisk-balanced", minimumGiB: 4, maximumGiB: 65_536, regionalMinimumGiB: nil, hasIOPS: true,
            hasThroughput: true, accessModes: ["READ_WRITE_SINGLE", "READ_WRITE_MANY", "READ_ONLY_MANY"],
            leastIOPS: (500, 3000)),
        DiskType(
            name: "hyperdisk-balanced-high-availability", minimumGiB: 4, maximumGiB: 65_536, regionalMinimumGiB: 4,
            isZonal: false, hasIOPS: true, hasThroughput: true, accessModes: ["READ_WRITE_SINGLE", "READ_WRITE_MANY"],
            leastIOPS: (500, 3000)),
        DiskType(
            name: "hyperdisk-extreme", minimumGiB: 64, maximumGiB: 65_536, regionalMinimumGiB: nil, hasIOPS: true,
            leastIOPS: (2, .max)),
        DiskType(
            name: "hyperdisk-throughput", minimumGiB: 2048, maximumGiB: 32_768, regionalMinimumGiB: nil,
            hasThroughput: true),
        DiskType(
            name: "hyperdisk-ml", minimumGiB: 4, maximumGiB: 65_536, regionalMinimumGiB: nil, hasThroughput: true,
            accessModes: ["READ_WRITE_SINGLE", "READ_ONLY_MANY"]),
    ]

    /// `nil`: the driver does not know it.
    static func named(_ name: String) -> DiskType? { all.first { $0.name == name } }

    static let bytesPerGiB: Int64 = 1 << 30
    /// The sizes that can be told in bytes.
    static let gibibytes = 0...Int64.max / bytesPerGiB

    /// The size to make, in GiB: what is asked for, at least the type's smallest.
    ///
    /// - Parameters:
    ///   - bytes: Rounded up to whole GiB by the kit.
    ///   - least: Of a content source, in GiB.
    /// - Throws: ``DriverError`` `OUT_OF_RANGE`.
    func size(bytes: Int64, limit: Int64?, isRegional: Bool, least: Int64 = 0) throws(DriverError) -> Int64 {
        let asked = bytes / Self.bytesPerGiB + (bytes % Self.bytesPerGiB > 0 ? 1 : 0)
        let size = max(asked, minimumGiB, isRegional ? regionalMinimumGiB ?? 0 : 0, least)
        guard size <= maximumGiB else {
            throw DriverError(
                .outOfRange, "a disk of the type \(name) has at most \(maximumGiB) GiB; \(size) GiB are needed",
                field: "volume.capacityBytes")
        }
        if let limit, size * Self.bytesPerGiB > limit {
            throw DriverError(
                .outOfRange,
                "the smallest \(isRegional ? "regional " : "")disk of the type \(name) that would do has \(size) GiB, above "
                    + "the limit of \(limit) bytes",
                field: "volume.capacityBytes")
        }
        return size
    }

    /// How many operations a second a disk that grows to `gigabytes` must be given, beside what it has.
    func neededIOPS(at gigabytes: Int64, has: Int64?) -> Int64? {
        guard let leastIOPS, let has else { return nil }
        let (product, overflows) = gigabytes.multipliedReportingOverflow(by: leastIOPS.perGiB)
        let needed = min(leastIOPS.most, overflows ? .max : product)
        return needed > has ? needed : nil
    }
}
