import JSONTree

/// What is known beforehand of a type of volumes. EC2 has the last word: these numbers grow every year, and
/// drivers.json can override them.
///
/// Source: the documentation in botocore's model of EC2, 1.44.
struct VolumeType: Sendable, Hashable {
    var minimumGiB: Int64
    var maximumGiB: Int64
    /// Of operations a second; 0: they cannot be chosen.
    var minimumIOPS: Int64 = 0
    var maximumIOPS: Int64 = 0
    var iopsPerGiB: Int64 = 0
    /// Whether a volume must say how many.
    var needsIOPS = false

    static let all: [String: VolumeType] = [
        "gp3": VolumeType(
            minimumGiB: 1, maximumGiB: 65_536, minimumIOPS: 3000, maximumIOPS: 80_000, iopsPerGiB: 500),
        "gp2": VolumeType(minimumGiB: 1, maximumGiB: 16_384),
        "io1": VolumeType(
            minimumGiB: 4, maximumGiB: 16_384, minimumIOPS: 100, maximumIOPS: 64_000, iopsPerGiB: 50, needsIOPS: true),
        "io2": VolumeType(
            minimumGiB: 4, maximumGiB: 65_536, minimumIOPS: 100, maximumIOPS: 256_000, iopsPerGiB: 1000,
            needsIOPS: true),
        "st1": VolumeType(minimumGiB: 125, maximumGiB: 16_384),
        "sc1": VolumeType(minimumGiB: 125, maximumGiB: 16_384),
        "standard": VolumeType(minimumGiB: 1, maximumGiB: 1024),
    ]

    static let members = "minimumGiB, maximumGiB, minimumIOPS, maximumIOPS and iopsPerGiB"

    init(
        minimumGiB: Int64, maximumGiB: Int64, minimumIOPS: Int64 = 0, maximumIOPS: Int64 = 0, iopsPerGiB: Int64 = 0,
        needsIOPS: Bool = false
    ) {
        self.minimumGiB = minimumGiB
        self.maximumGiB = maximumGiB
        self.minimumIOPS = minimumIOPS
        self.maximumIOPS = maximumIOPS
        self.iopsPerGiB = iopsPerGiB
        self.needsIOPS = needsIOPS
    }

    /// Far above any volume's, and far enough below 2^63 for products of sizes and ratios.
    private static let largest: Int64 = 1 << 30

    /// - Returns: `nil` unless it is an object of these names with integers from 0 to 2^30.
    init?(_ json: JSONValue, over known: VolumeType?) {
        guard let members = json.objectValue else { return nil }
        self = known ?? VolumeType(minimumGiB: 1, maximumGiB: 65_536)
        for (name, value) in members {
            guard let number = value.integerValue, (0...Self.largest).contains(number) else { return nil }
            switch name {
            case "minimumGiB": minimumGiB = max(1, number)
            case "maximumGiB": maximumGiB = number
            case "minimumIOPS": minimumIOPS = number
            case "maximumIOPS": maximumIOPS = number
            case "iopsPerGiB": iopsPerGiB = number
            default: return nil
            }
        }
    }
}
