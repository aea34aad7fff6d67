import Glibc

/// A directory of a run's own, for the driver's data and for mount points; gone afterwards, with whatever is mounted in
/// it.
struct ScratchDirectory: Sendable {
    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/berth-check-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, let resolved = realpath(template, nil) else {
            throw Unavailable(description: "no directory can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        defer { free(resolved) }
        path = String(cString: resolved)
    }

    var dataDirectory: String { "\(path)/data" }

    /// A directory for one purpose.
    func directory(_ name: String) throws -> String {
        let directory = "\(path)/\(name)"
        guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
            throw Unavailable(description: "\(directory) cannot be made: \(String(cString: strerror(errno)))")
        }
        return directory
    }

    /// - Returns: What could not be removed; `nil` when all is gone.
    func remove() -> String? {
        for mountPoint in mountPoints().reversed() { umount2(mountPoint, CInt(MNT_DETACH)) }
        // Nothing is removed through a mount that could not be undone.
        let left = mountPoints()
        guard left.isEmpty else { return "\(left.joined(separator: ", ")) cannot be unmounted" }
        return Self.removeTree(path)
    }

    /// Follows no symbolic link and enters no other file system.
    private static func removeTree(_ path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0 else { return errno == ENOENT ? nil : failure(path) }
        guard status.st_mode & S_IFMT == S_IFDIR else { return unlink(path) == 0 ? nil : failure(path) }
        guard let entries = opendir(path) else { return failure(path) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(entries)
        for name in names {
            let entry = "\(path)/\(name)"
            var child = stat()
            if lstat(entry, &child) == 0, child.st_dev != status.st_dev { return "\(entry) is a mount point" }
            if let failure = removeTree(entry) { return failure }
        }
        return rmdir(path) == 0 ? nil : failure(path)
    }

    private static func failure(_ path: String) -> String {
        "\(path) cannot be removed: \(String(cString: strerror(errno)))"
    }

    /// In the order in which they were mounted.
    private func mountPoints() -> [String] {
        guard let lines = try? FileContent.text("/proc/self/mountinfo").split(separator: "\n") else { return [] }
        return lines.compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count > 4 else { return nil }
            let mountPoint = String(fields[4])
            return mountPoint.hasPrefix(path + "/") ? mountPoint : nil
        }
    }
}
