/// A kind of disk, `sku.name`, as far as this driver must know it beforehand. The rest is for Azure to say.
enum DiskType: String, Sendable, CaseIterable {
    case standard = "Standard_LRS"
    case standardSSD = "StandardSSD_LRS"
    case standardSSDZoneRedundant = "StandardSSD_ZRS"
    case premium = "Premium_LRS"
    case premiumZoneRedundant = "Premium_ZRS"
    case premiumV2 = "PremiumV2_LRS"
    case ultra = "UltraSSD_LRS"

    /// In GiB.
    var sizes: ClosedRange<Int64> {
        switch self {
        case .ultra: 4...65_536
        case .premiumV2: 1...65_536
        default: 1...32_767
        }
    }

    /// Whether IOPS and throughput are asked for; otherwise they follow from the size.
    var isProvisioned: Bool { self == .ultra || self == .premiumV2 }
    var isCached: Bool { !isProvisioned }
    /// In every zone of its region; otherwise in one, or in none.
    var isZoneRedundant: Bool { self == .standardSSDZoneRedundant || self == .premiumZoneRedundant }
    var canBurst: Bool { self == .premium || self == .premiumZoneRedundant }

    /// What Azure's drivers ask for when a class does not say.
    var defaultPerformance: (iops: Int64, megabytesPerSecond: Int64)? {
        switch self {
        case .ultra: (500, 100)
        case .premiumV2: (3000, 125)
        default: nil
        }
    }
}
