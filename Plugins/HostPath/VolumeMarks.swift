import CFileSystem
import DriverProtocol
import Glibc

/// The marks in a base directory, a file each: found by name, so that nothing costs more with more volumes.
struct VolumeMarks {
    enum Found {
        case mark(VolumeMark)
        /// The file is there, and not whole: power failed before it was on disk. The volume's provisioning was never
        /// acknowledged, since the mark is synchronized before it is.
        case torn
        case none
    }

    private static let suffix = ".json"

    let base: BaseDirectory

    func read(_ name: String) throws(SystemError) -> Found {
        let file: OpenFile
        do {
            file = try OpenFile(name + Self.suffix, beneath: base.volumes, flags: O_RDONLY)
        } catch {
            if error.errno == ENOENT { return .none }
            throw error
        }
        let bytes = try file.readToEnd(limit: VolumeMark.limit)
        return VolumeMark(bytes, name: name).map(Found.mark) ?? .torn
    }

    /// Writes the mark of a new volume, to be synchronized by the caller when the volume is there.
    ///
    /// - Returns: `nil` where there is one already.
    func create(_ mark: VolumeMark) throws(SystemError) -> OpenFile? {
        // Ready before the file is: until it is written it looks torn to an equal call.
        let bytes = mark.bytes
        let file: OpenFile
        do {
            file = try OpenFile(
                mark.name + Self.suffix, beneath: base.volumes, flags: O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        } catch {
            if error.errno == EEXIST { return nil }
            throw error
        }
        do {
            try file.write(bytes)
        } catch {
            try base.volumes.removeFile(mark.name + Self.suffix)
            throw error
        }
        return file
    }

    /// Puts a mark in the place of a torn one; what an equal call has written meanwhile stays.
    func complete(_ mark: VolumeMark) throws {
        try base.volumes.exclusively {
            if case .mark = try read(mark.name) { return }
            try replace(mark)
        }
    }

    /// Records a larger size, and never a smaller one.
    ///
    /// - Returns: The size that is recorded now; `nil` where the mark is gone.
    func grow(_ name: String, to capacityBytes: Int64) throws -> Int64? {
        try base.volumes.exclusively {
            guard case .mark(var mark) = try read(name) else { return nil }
            guard capacityBytes > mark.capacityBytes else { return mark.capacityBytes }
            mark.capacityBytes = capacityBytes
            try replace(mark)
            return capacityBytes
        }
    }

    /// Whole and durable before it is seen. By one call at a time, since all write the same new file.
    private func replace(_ mark: VolumeMark) throws(SystemError) {
        let new = mark.name + Self.suffix + ".new"
        let file = try OpenFile(new, beneath: base.volumes, flags: O_WRONLY | O_CREAT | O_TRUNC, mode: 0o600)
        try file.write(mark.bytes)
        try file.synchronize()
        guard renameat(base.volumes.descriptor, new, base.volumes.descriptor, mark.name + Self.suffix) == 0 else {
            throw SystemError("rename", new)
        }
        try base.volumes.synchronize()
    }

    func synchronize(_ name: String) throws(SystemError) {
        try OpenFile(name + Self.suffix, beneath: base.volumes, flags: O_RDONLY).synchronize()
    }

    func remove(_ name: String) throws(SystemError) {
        try base.volumes.removeFile(name + Self.suffix)
    }

    /// The names behind `last` in the order of their bytes, at most `limit` of them. Keeps no more than a few times
    /// that many in memory, however many volumes there are.
    func names(after last: String?, limit: Int) throws(SystemError) -> [String] {
        let listing = try DirectoryListing(base.volumes)
        var names: [String] = []
        while let entry = try listing.next() {
            guard entry.name.hasSuffix(Self.suffix) else { continue }
            let name = String(entry.name.dropLast(Self.suffix.count))
            if let last, name <= last { continue }
            names.append(name)
            if names.count >= max(4 * limit, 1024) {
                names.sort()
                names.removeLast(names.count - min(names.count, limit))
            }
        }
        names.sort()
        return Array(names.prefix(limit))
    }
}
