import DriverProtocol
import Glibc

/// The superblock of ext3 and ext4, as far as it says how large the file system is.
///
/// Source: the kernel's Documentation/filesystems/ext4/super.rst.
struct ExtSuperblock {
    let fileSystemBytes: Int64

    /// - Returns: `nil` where there is none.
    init?(_ device: BlockDevice) throws(DriverError) {
        let descriptor = open(device.path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemFailure.error("the device \(device) cannot be opened") }
        defer { close(descriptor) }
        var block = [UInt8](repeating: 0, count: 1024)
        guard pread(descriptor, &block, block.count, 1024) == block.count else {
            throw SystemFailure.error("the superblock of \(device) cannot be read")
        }
        func number(_ offset: Int) -> UInt64 {
            (0..<4).reduce(0) { $0 | UInt64(block[offset + $1]) << UInt64(8 * $1) }
        }
        guard number(0x38) & 0xFFFF == 0xEF53 else { return nil }
        let hasHighHalf = number(0x60) & 0x80 != 0  // INCOMPAT_64BIT
        let blocks = number(0x4) | (hasHighHalf ? number(0x150) << 32 : 0)
        fileSystemBytes = Int64(clamping: blocks << (10 + (number(0x18) & 0x1F)))
    }
}
