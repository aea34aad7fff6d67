import Glibc
import JSONTree

/// What an earlier host has written down of a process and not taken back.
struct Leftover: Sendable, Hashable {
    var driver: String
    var marker: String
    /// ``ProcessRecords/boot`` at the time.
    var boot: String
    /// The process that was started, which led a group and a session of its own; `nil` where the host was killed between
    /// the start and the note of it.
    var process: pid_t?
    var startTime: UInt64?

    /// - Returns: `nil` for what is no such file: cut off in its first line, so that nothing was started.
    init?(_ file: [UInt8]) {
        let lines = file.split(separator: UInt8(ascii: "\n")).map { try? JSONParser.parse($0) }
        guard let first = lines.first ?? nil, let driver = first["driver"]?.stringValue,
            let marker = first["marker"]?.stringValue, let boot = first["boot"]?.stringValue
        else { return nil }
        self.driver = driver
        self.marker = marker
        self.boot = boot
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

    /// What is left of it among these: what carries its marker, and the rest of its group. A number may name a stranger
    /// by now, so a group counts only with a member that is surely its own: the leader of the time, or one with the marker.
    func processes(among all: [ProcessSnapshot], boot now: String) -> [ProcessSnapshot] {
        guard boot == now else { return [] }
        let marked = all.filter { $0.marker == marker }
        guard let process, let startTime else { return marked }
        let members = all.filter { $0.group == process }
        let isItsOwn = members.contains { $0.marker == marker || ($0.id == process && $0.startTime == startTime) }
        let others = isItsOwn ? members.filter { $0.marker != marker && $0.startTime >= startTime } : []
        return marked + others
    }
}
