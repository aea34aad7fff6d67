public import DriverProtocol

/// The file systems that are made on disks.
public enum FileSystemType: String, Sendable, Hashable, CaseIterable {
    case ext3, ext4, xfs

    /// - Parameter name: `volume.fsType` of a request; `nil` or empty: ext4.
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT` for another.
    public init(named name: String?) throws(DriverError) {
        let name = name.flatMap { $0.isEmpty ? nil : $0 } ?? Self.ext4.rawValue
        guard let type = Self(rawValue: name) else {
            let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
            throw DriverError(
                .invalidArgument, "the file system '\(name)' is not made here; one of \(known) is",
                field: "volume.fsType"
            )
        }
        self = type
    }

    /// Without `-F` or `-f`: a device that holds something, or is in use, is refused by mkfs itself too.
    ///
    /// - Parameter extra: mkfs's own arguments, as `-b 4096`.
    func formatCommand(_ device: String, extra: [String]) -> [String] {
        switch self {
        // All of it is for the volume's user (-m 0); inode tables are cleared when they are first used.
        case .ext3, .ext4:
            ["mkfs.\(rawValue)", "-q", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1"] + extra + [device]
        case .xfs: ["mkfs.xfs", "-q"] + extra + [device]
        }
    }

    func growCommand(_ device: String, mountPoint: String) -> [String] {
        switch self {
        case .ext3, .ext4: ["resize2fs", device]
        case .xfs: ["xfs_growfs", mountPoint]
        }
    }

    /// What it is always mounted with.
    var mountOptions: [String] {
        switch self {
        case .ext3, .ext4: []
        // A restored volume has the same UUID as the one that it came from.
        case .xfs: ["nouuid"]
        }
    }
}
