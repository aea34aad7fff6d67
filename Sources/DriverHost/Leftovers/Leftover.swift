import Glibc
import JSONTree

/// An earlier host's record of a process, which it did not remove.
struct Leftover: Sendable, Hashable {
    var driver: String
    var marker: String
    /// ``ProcessRecords/boot`` when the record was written.
    var boot: String
    /// The process that was started, which led its own group and session; `nil` if the host was killed between starting
    /// the process and recording its id.
    var process: pid_t?
    var startTime: UInt64?
    /// The path of the ``ControlGroup`` in which it was started; `nil` where there was none.
    var controlGroup: String?

    /// - Returns: `nil` for a file whose first line is incomplete, so that nothing was started.
    init?(_ file: [UInt8]) {
        let lines = file.split(separator: UInt8(ascii: "\n")).map { try? JSONParser.parse($0) }
        guard let first = lines.first ?? nil, let driver = first["driver"]?.stringValue,
            let marker = first["marker"]?.stringValue, let boot = first["boot"]?.stringValue
        else { return nil }
        self.driver = driver
        self.marker = marker
        self.boot = boot
        controlGroup = first["controlGroup"]?.stringValue
        guard lines.count > 1, let second = lines[1] else { return }
        process = second["process"]?.integerValue.flatMap { pid_t(exactly: $0) }.flatMap { $0 > 1 ? $0 : nil }
        startTime = second["startTime"]?.stringValue.flatMap { UInt64($0) }
    }

    init(driver: String, marker: String, boot: String, process: pid_t?, startTime: UInt64?) {
        self.driver = driver
        self.marker = marker
        self.boot = boot
        self.process = process
        self.startTime = startTime
    }

    /// The processes among `all` that belong to it: those with its marker, and the rest of its group, whose
    /// environment may be another one. The group's id may have been reused, so a group counts only if it is certainly its
    /// own: it has the recorded leader, living or as a zombie, or a process with the marker; or its leader is gone and the
    /// members are still of its session. While a number names a group or a session the kernel gives it to no new process
    /// (proc_pid_stat(5), `kernel/pid.c`).
    func processes(among all: [ProcessSnapshot], boot now: String) -> [ProcessSnapshot] {
        guard boot == now else { return [] }
        let marked = all.filter { $0.marker == marker }
        guard let process, let startTime else { return marked }
        let members = all.filter { $0.group == process }
        let isProven = members.contains { $0.marker == marker || ($0.id == process && $0.startTime == startTime) }
        let isReused = all.contains { $0.id == process && $0.startTime != startTime }
        let others = members.filter { member in
            member.marker != marker && member.startTime >= startTime && !member.hasEnded
                && (isProven || (!isReused && member.session == process))
        }
        return marked + others
    }
}
