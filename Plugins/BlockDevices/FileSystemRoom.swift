public import Glibc

/// What statvfs(3) says, in bytes and files. Network file systems and FUSE answer as they like: what does not fit is the
/// largest number, and more free than there is means none used.
public struct FileSystemRoom {
    public let totalBytes: Int64
    public let usedBytes: Int64
    public let availableBytes: Int64
    public let totalFiles: Int64
    public let usedFiles: Int64
    public let freeFiles: Int64
    public let availableFiles: Int64

    public init(_ status: statvfs) {
        let block = UInt64(status.f_frsize)
        func bytes(_ blocks: UInt64) -> Int64 {
            let (product, overflow) = blocks.multipliedReportingOverflow(by: block)
            return overflow ? .max : Int64(clamping: product)
        }
        let (blocks, freeBlocks) = (UInt64(status.f_blocks), UInt64(status.f_bfree))
        let (files, freeFiles) = (UInt64(status.f_files), UInt64(status.f_ffree))
        totalBytes = bytes(blocks)
        usedBytes = bytes(blocks - min(freeBlocks, blocks))
        availableBytes = bytes(UInt64(status.f_bavail))
        totalFiles = Int64(clamping: files)
        usedFiles = Int64(clamping: files - min(freeFiles, files))
        self.freeFiles = Int64(clamping: freeFiles)
        availableFiles = Int64(clamping: UInt64(status.f_favail))
    }
}
