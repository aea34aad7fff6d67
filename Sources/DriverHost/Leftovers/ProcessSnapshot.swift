import CSpawn
import Glibc

/// A process of this machine as /proc showed it at one moment.
struct ProcessSnapshot: Sendable, Hashable {
    var id: pid_t
    /// In clock ticks since boot (proc_pid_stat(5), field 22). Together with the process id and the boot id it
    /// identifies a process uniquely.
    var startTime: UInt64
    var group: pid_t
    var session: pid_t
    /// The value of ``CallMarker/variable`` in its environment; `nil` also if the environment cannot be read.
    var marker: String?

    /// A zombie: it does nothing any more, and keeps its number from being reused.
    var hasEnded = false

    /// Every process. Those that cannot be inspected are left out.
    static func all() -> [ProcessSnapshot] {
        ProcessFile.names(in: "/proc").compactMap { name in pid_t(name).flatMap { ProcessSnapshot($0) } }
    }

    /// - Returns: `nil` when there is no such process.
    init?(_ id: pid_t) {
        guard let fields = Self.status(of: id), fields[0] != "X", let group = pid_t(fields[2]),
            let session = pid_t(fields[3]), let startTime = UInt64(fields[19])
        else { return nil }
        self.init(id: id, startTime: startTime, group: group, session: session, marker: Self.marker(of: id))
        hasEnded = fields[0] == "Z"
    }

    init(id: pid_t, startTime: UInt64, group: pid_t, session: pid_t, marker: String?) {
        self.id = id
        self.startTime = startTime
        self.group = group
        self.session = session
        self.marker = marker
    }

    /// As ``startTime``, without the rest; a zombie has one too.
    static func startTime(of id: pid_t) -> UInt64? { status(of: id).flatMap { UInt64($0[19]) } }

    /// The fields of proc_pid_stat(5) from the third on: state, parent, group, session, …
    private static func status(of id: pid_t) -> [String]? {
        guard let stat = ProcessFile.bytes("/proc/\(id)/stat"),
            // The name is in parentheses and may contain any byte, even a parenthesis.
            let end = stat.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        return fields.count > 19 ? fields : nil
    }

    private static func marker(of id: pid_t) -> String? {
        let prefix = Array("\(CallMarker.variable)=".utf8)
        let variables = (ProcessFile.bytes("/proc/\(id)/environ") ?? []).split(separator: 0)
        return variables.first { $0.starts(with: prefix) }.map {
            String(decoding: $0.dropFirst(prefix.count), as: UTF8.self)
        }
    }

    /// Kills this process, and never another one that has reused its id.
    func kill() {
        let handle = OwnedDescriptor(cspawn_open_process(id))
        // Checked again once the handle is open: from here on the id cannot be reused.
        guard handle.rawValue >= 0, Self.startTime(of: id) == startTime else { return }
        // ESRCH: it has already ended.
        _ = cspawn_signal_process(handle.rawValue, SIGKILL)
    }
}

/// Files of /proc, which have no size, and names in a directory.
enum ProcessFile {
    /// - Returns: Without `.` and `..`; none for a directory that cannot be read.
    static func names(in directory: String) -> [String] {
        guard let entries = opendir(directory) else { return [] }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// - Returns: `nil` when the file cannot be read.
    static func bytes(_ path: String, maximum: Int = 4 << 20) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while bytes.count < maximum {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return bytes
    }
}
