import CSpawn
import Glibc

/// A control group of version 2 (cgroups(7)) with the processes of one call. A process cannot leave it by leaving its
/// process group or session, or by clearing its environment; only root can move it, through cgroup.procs.
struct ControlGroup: Sendable {
    let path: String
    /// Its directory, open.
    let descriptor: OwnedDescriptor

    /// The directory with all groups of its host.
    var hostDirectory: String { String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) }

    /// - Throws: ``SpawnError`` for a path that cannot be opened or is not a control group.
    init(path: String) throws(SpawnError) {
        let descriptor = cspawn_open_control_group(path)
        guard descriptor >= 0 else { throw SpawnError(stage: .fork, errorNumber: errno, path: path) }
        self.path = path
        self.descriptor = OwnedDescriptor(descriptor)
    }

    /// A group that an earlier host has recorded.
    ///
    /// - Returns: `nil` if it is gone, or if the path is not one that a host makes.
    /// - Throws: ``SpawnError`` for one that is there and cannot be opened.
    init?(recorded path: String) throws(SpawnError) {
        let names = path.split(separator: "/").suffix(2)
        guard names.count == 2, path.hasPrefix("/"), let host = names.first, let call = names.last,
            HostDirectoryName(host) != nil, UInt64(call) != nil
        else { return nil }
        do throws(SpawnError) {
            self = try ControlGroup(path: path)
        } catch {
            if [ENOENT, ENODEV, ENOTDIR, ELOOP].contains(error.errorNumber) { return nil }
            throw error
        }
    }

    /// Without zombies, and without those of the groups in it. An unreadable file counts as empty.
    var processes: [pid_t] { Self.processes(in: path) }

    /// Whether it, or a group in it, holds a living process, or one that is just ending.
    var isPopulated: Bool {
        guard let events = ProcessFile.bytes("\(path)/cgroup.events") else { return access(path, F_OK) == 0 }
        return String(decoding: events, as: UTF8.self).split(separator: "\n").contains("populated 1")
    }

    /// Whether its processes have made groups in it. A directory has a link from each directory in it.
    var hasChildren: Bool {
        var status = stat()
        return fstat(descriptor.rawValue, &status) != 0 || status.st_nlink > 2
    }

    /// Kills everything in it and in the groups in it at once, including what is just being forked. ``isPopulated`` tells
    /// when that is done.
    func kill() { _ = Self.write("1", to: "\(path)/cgroup.kill") }

    /// Moves its processes, and those of the groups in it, into another group. Children of a process that keeps forking
    /// may be missed. If a process ends during the move and its id is reused, the wrong process is moved; for that,
    /// process ids would have to wrap around within microseconds.
    func moveProcesses(to other: String) {
        for group in tree {
            for _ in 0..<100 {
                let processes = Self.processes(in: group)
                if processes.isEmpty { break }
                // A process that has ended meanwhile is refused.
                for process in processes { _ = Self.write("\(process)", to: "\(other)/cgroup.procs") }
            }
        }
    }

    /// Removes it with the groups in it; those with processes stay.
    func remove() { Self.remove(path) }

    static func remove(_ path: String) {
        for group in tree(path).reversed() { rmdir(group) }
    }

    /// It, and the groups in it; parents come first.
    private var tree: [String] { hasChildren ? Self.tree(path) : [path] }

    private static func tree(_ path: String) -> [String] {
        let children = ProcessFile.names(in: path).map { "\(path)/\($0)" }.filter { child in
            var status = stat()
            return lstat(child, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
        return [path] + children.flatMap { tree($0) }
    }

    private static func processes(in path: String) -> [pid_t] {
        String(decoding: ProcessFile.bytes("\(path)/cgroup.procs") ?? [], as: UTF8.self)
            .split(separator: "\n").compactMap { pid_t($0) }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return Glibc.write(file, text, text.utf8.count) == text.utf8.count
    }
}

/// The name of the directory with a host's control groups: its process, that process's start time, and a number, since a
/// process may have several hosts.
struct HostDirectoryName: Sendable, Hashable, LosslessStringConvertible {
    var process: pid_t
    /// As ``ProcessSnapshot/startTime``.
    var startTime: UInt64
    var number: UInt64

    init(process: pid_t, startTime: UInt64, number: UInt64) {
        self.process = process
        self.startTime = startTime
        self.number = number
    }

    init?(_ description: some StringProtocol) {
        let parts = description.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "berth", let process = pid_t(parts[1]), let startTime = UInt64(parts[2]),
            let number = UInt64(parts[3])
        else { return nil }
        self.init(process: process, startTime: startTime, number: number)
    }

    var description: String { "berth-\(process)-\(startTime)-\(number)" }

    /// Whether its host is running.
    var isInUse: Bool { ProcessSnapshot.startTime(of: process) == startTime }
}
