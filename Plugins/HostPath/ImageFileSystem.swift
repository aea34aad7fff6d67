import CFileSystem
import DriverProtocol
import Glibc

/// The file systems that an image can have.
enum ImageFileSystem: String {
    case ext4, xfs

    /// - Throws: ``DriverError`` `INVALID_ARGUMENT` for another.
    init(named name: String?) throws(DriverError) {
        guard let type = Self(rawValue: name ?? Self.ext4.rawValue) else {
            throw DriverError(
                .invalidArgument, "enforceCapacity: image makes ext4 or xfs, not \(name ?? "")", field: "volume.fsType")
        }
        self = type
    }

    /// The size of an image: whole blocks, and no less than the file system takes.
    func size(of wanted: Int64, limitBytes: Int64?) throws(DriverError) -> Int64 {
        let least: Int64 = self == .xfs ? 300 << 20 : 1 << 20
        let (sum, overflows) = max(wanted, least).addingReportingOverflow(4095)
        let size = sum & ~4095
        guard !overflows, size <= limitBytes ?? .max else {
            throw DriverError(
                .outOfRange,
                "an image with \(rawValue) of at least \(wanted) bytes has \(max(size, least)) bytes; the "
                    + "limit is \(limitBytes ?? .max)", field: "volume.capacityBytes")
        }
        return size
    }

    /// Makes the file system in an image, without reading or writing more than it must: the image stays sparse. The
    /// image is the program's descriptor 3, and not a name: a program that outlives a driver that was killed then
    /// writes to what that driver left, and not to what its successor makes under the same name.
    var formatCommand: [String] {
        let image = "/proc/self/fd/3"
        return switch self {
        case .ext4:
            // All of it is for the volume's user (-m 0).
            ["mkfs.ext4", "-q", "-F", "-m", "0", "-E", "nodiscard,lazy_itable_init=1,lazy_journal_init=1", image]
        case .xfs: ["mkfs.xfs", "-q", "-f", "-K", image]
        }
    }

    /// ext4 asks for CAP_SYS_RESOURCE, xfs for CAP_SYS_ADMIN, which mounting has asked for already.
    var canGrowMounted: Bool { self != .ext4 || cfs_may_grow_mounted_ext4() == 1 }

    func growCommand(device: String, mountPoint: String) -> [String] {
        switch self {
        case .ext4: ["resize2fs", device]
        case .xfs: ["xfs_growfs", mountPoint]
        }
    }

    /// The program's path; `nil` where it is not installed.
    static func program(_ name: String) -> String? {
        ["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }
}
