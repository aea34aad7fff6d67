import CSpawn
import Glibc

/// A control group of version 2 (cgroups(7)) with the processes of one call. None gets out of it by leaving its process
/// group or session, or by clearing its environment.
struct ControlGroup: Sendable {
    let path: String
    /// Of its directory.
    let descriptor: OwnedDescriptor

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
    init?(recorded path: String) {
        let names = path.split(separator: "/").suffix(2)
        guard names.count == 2, path.hasPrefix("/"), let host = names.first, let call = names.last,
            HostDirectoryName(host) != nil, UInt64(call) != nil, let group = try? ControlGroup(path: path)
        else { return nil }
        self = group
    }

    /// Without zombies.
    var processes: [pid_t] {
        // Lines that are no number: none.
        String(decoding: ProcessFile.bytes("\(path)/cgroup.procs") ?? [], as: UTF8.self)
            .split(separator: "\n").compactMap { pid_t($0) }
    }

    /// Whether it holds a living process, or one that is just ending.
    var isPopulated: Bool {
        guard let events = ProcessFile.bytes("\(path)/cgroup.events") else { return access(path, F_OK) == 0 }
        return String(decoding: events, as: UTF8.self).split(separator: "\n").contains("populated 1")
    }

    /// Kills everything in it at once, also what is being forked.
    ///
    /// - Returns: `false` if the kernel cannot, as before 5.14.
    @discardableResult
    func kill() -> Bool { Self.write("1", to: "\(path)/cgroup.kill") }

    /// Moves its processes into another group, until none are left. One that forks all the time may win.
    func moveProcesses(to other: String) {
        for _ in 0..<100 {
            let processes = processes
            if processes.isEmpty { return }
            // A process that has ended meanwhile is refused.
            for process in processes { _ = Self.write("\(process)", to: "\(other)/cgroup.procs") }
        }
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
