import BlockDevices
import DriverProtocol
import Glibc
import StorageDriverKit

extension HostPathDriver: VolumeExpanding {
    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume {
        var (base, mark) = try locate(call)
        let parameters = try ClassParameters(mark.parameters)
        var size = call.capacityBytes
        do {
            if parameters.enforcement == .image {
                size = try ImageFileSystem(named: mark.fsType).size(of: size, limitBytes: call.volume.limitBytes)
                // Also when the record says so already: the file system may not have got that far.
                let image = ImageVolume(base: base, mark: mark, parameters: parameters)
                try image.grow(to: max(size, mark.capacityBytes))
            }
            if size > mark.capacityBytes {
                guard let recorded = try VolumeMarks(base: base).grow(mark.name, to: size) else {
                    throw DriverError(
                        .aborted, "volume \(mark.name) is being deleted by another call; ask again later",
                        outcome: .unknown)
                }
                mark.capacityBytes = recorded
            }
        } catch let error as SystemError {
            throw error.driverError("volume \(mark.name) in \(base.path) could not be grown", outcome: .unknown)
        }
        return ExpandedVolume(mark.provisioned(in: base.path))
    }
}

extension HostPathDriver: StatsReporting {
    /// An image knows how full it is; a directory has to be counted.
    func stats(_ call: VolumeCall) async throws -> VolumeStats {
        let (base, mark) = try locate(call)
        let parameters = try ClassParameters(mark.parameters)
        do {
            if parameters.enforcement == .image {
                try ImageVolume(base: base, mark: mark, parameters: parameters).mountAgain()
            }
            let directory = try base.parent(of: mark.path).directory(mark.path.name)
            var status = statvfs()
            guard fstatvfs(directory.descriptor, &status) == 0 else { throw SystemError("statvfs", mark.name) }
            let room = FileSystemRoom(status)
            guard parameters.enforcement == .none else {
                return VolumeStats(
                    totalBytes: room.totalBytes, usedBytes: room.usedBytes, availableBytes: room.availableBytes,
                    totalFiles: room.totalFiles, usedFiles: room.usedFiles, availableFiles: room.freeFiles)
            }
            var count = TreeCount()
            try TreeWalk.walk(directory) { _, _, status in count.add(status) }
            let isOverfull = mark.capacityBytes > 0 && count.bytes > mark.capacityBytes
            return VolumeStats(
                usedBytes: count.bytes, availableBytes: room.availableBytes, usedFiles: count.files,
                availableFiles: room.availableFiles, abnormal: isOverfull,
                message: isOverfull
                    ? "the volume takes \(count.bytes) bytes, more than its capacity of \(mark.capacityBytes), which the "
                        + "class does not enforce" : nil)
        } catch let error as SystemError {
            throw error.driverError("volume \(mark.name) in \(base.path) cannot be measured", outcome: .final)
        }
    }
}

/// What a directory tree takes on disk.
private struct TreeCount {
    private(set) var bytes: Int64 = 0
    private(set) var files: Int64 = 0
    /// Files with several names, so that each counts once. Few are.
    private var linked: Set<[UInt64]> = []

    mutating func add(_ status: stat) {
        let isDirectory = status.st_mode & S_IFMT == S_IFDIR
        if !isDirectory, status.st_nlink > 1, !linked.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted {
            return
        }
        files += 1
        // A file system may say anything: 2^63 bytes is where counting ends.
        let (size, isBeyond) = Int64(status.st_blocks).multipliedReportingOverflow(by: 512)
        let (sum, overflow) = bytes.addingReportingOverflow(size)
        bytes = isBeyond || overflow ? .max : sum
    }
}
