/// A claim's `status.phase`.
public struct ClaimPhase: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let pending = ClaimPhase(rawValue: "Pending")
    public static let bound = ClaimPhase(rawValue: "Bound")
    /// Its volume is gone; terminal.
    public static let lost = ClaimPhase(rawValue: "Lost")
}

/// A volume's `status.phase`.
public struct VolumePhase: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let pending = VolumePhase(rawValue: "Pending")
    public static let available = VolumePhase(rawValue: "Available")
    public static let bound = VolumePhase(rawValue: "Bound")
    /// Its claim is gone; not yet reclaimed.
    public static let released = VolumePhase(rawValue: "Released")
    /// Reclaiming it failed.
    public static let failed = VolumePhase(rawValue: "Failed")
}

public struct ReclaimPolicy: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let retain = ReclaimPolicy(rawValue: "Retain")
    public static let delete = ReclaimPolicy(rawValue: "Delete")
    /// Deprecated; for hostPath and nfs only.
    public static let recycle = ReclaimPolicy(rawValue: "Recycle")
}

public struct AccessMode: RawRepresentable, Sendable, Hashable, Comparable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let readWriteOnce = AccessMode(rawValue: "ReadWriteOnce")
    public static let readOnlyMany = AccessMode(rawValue: "ReadOnlyMany")
    public static let readWriteMany = AccessMode(rawValue: "ReadWriteMany")
    public static let readWriteOncePod = AccessMode(rawValue: "ReadWriteOncePod")

    /// As tables show it: `RWO`.
    public var abbreviation: String {
        switch self {
        case .readWriteOnce: "RWO"
        case .readOnlyMany: "ROX"
        case .readWriteMany: "RWX"
        case .readWriteOncePod: "RWOP"
        default: rawValue
        }
    }

    /// In the order in which tables show them: RWO, ROX, RWX, RWOP.
    public static func < (left: AccessMode, right: AccessMode) -> Bool { left.rank < right.rank }

    private var rank: Int {
        [.readWriteOnce, .readOnlyMany, .readWriteMany, .readWriteOncePod].firstIndex(of: self) ?? 4
    }
}

public struct VolumeMode: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let filesystem = VolumeMode(rawValue: "Filesystem")
    public static let block = VolumeMode(rawValue: "Block")
}

public struct VolumeBindingMode: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let immediate = VolumeBindingMode(rawValue: "Immediate")
    public static let waitForFirstConsumer = VolumeBindingMode(rawValue: "WaitForFirstConsumer")
}
