import Glibc
import JSONTree
import Synchronization

/// The processes that run for this host, one file each. If this host is killed, the next one kills what it finds
/// recorded before it makes a call. Otherwise a driver's child process could create a volume after it was deleted.
///
/// Written without fsync(2): the page cache outlives the host, and no process outlives the machine.
struct ProcessRecords: Sendable {
    let dataDirectory: String
    let owner: String?
    /// `nil`: no call gets a control group.
    var groups: ControlGroups?

    var directory: String { dataDirectory + "/running" }

    /// Records that a process is about to be started.
    ///
    /// - Throws: ``SpawnError`` if the record cannot be written; the process must not be started then.
    func begin(_ purpose: SpawnRequest.Purpose) throws(SpawnError) -> ProcessRecord {
        let path =
            "\(directory)/\(purpose.callID).\(ProcessRecords.counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC
        var descriptor = open(path, flags, 0o600)
        if descriptor < 0, errno == ENOENT {
            // If one cannot be made, the next open fails.
            for directory in [dataDirectory, directory] { mkdir(directory, 0o700) }
            descriptor = open(path, flags, 0o600)
        }
        guard descriptor >= 0 else { throw SpawnError(stage: .record, errorNumber: errno, path: path) }
        let record = ProcessRecord(
            path: path, file: OwnedDescriptor(descriptor), marker: CallMarker(owner: owner, id: purpose.callID),
            groups: groups, group: purpose.isCall ? groups?.take() : nil)
        var line: JSONValue = [
            "driver": .string(purpose.driver), "marker": .string(record.marker.value), "boot": .string(Self.boot),
        ]
        line["controlGroup"] = record.group.map { .string($0.path) }
        do throws(SpawnError) {
            try record.write(line)
        } catch {
            record.end()
            throw error
        }
        return record
    }

    /// Several processes may run for one call, one after the other.
    private static let counter = Atomic<UInt64>(0)

    /// The kernel's boot id, which changes with each start of the machine.
    static let boot = String(
        decoding: ProcessFile.bytes("/proc/sys/kernel/random/boot_id") ?? [], as: UTF8.self
    ).filter { !$0.isWhitespace }
}

/// One of the ``ProcessRecords``.
struct ProcessRecord: Sendable {
    fileprivate let path: String
    fileprivate let file: OwnedDescriptor
    let marker: CallMarker
    fileprivate let groups: ControlGroups?
    /// The control group in which the process starts; `nil` without control groups.
    private(set) var group: ControlGroup?

    /// Adds the process's id and start time. Call it before the process gets its first byte.
    func started(_ id: pid_t) throws(SpawnError) {
        // Not reaped yet, so it exists, perhaps as a zombie.
        let startTime = ProcessSnapshot.startTime(of: id).map { "\($0)" } ?? ""
        try write(["process": .integer(Int64(id)), "startTime": .string(startTime)])
    }

    /// Removes the record, when nothing is left of the process and its group.
    ///
    /// - Parameter afterFailure: Whether the host ended the process. Processes that have left its process group are then
    ///   killed as well, since the call is repeated; if that fails, the record stays, for the next host. After a call
    ///   that ended by itself they keep running: one may be a mount's daemon.
    func end(afterFailure: Bool = false) {
        var isOver = true
        if afterFailure {
            isOver = endStragglers()
        } else if let group {
            groups?.release(group)
        }
        file.close()
        if isOver { unlink(path) }
        if let group { groups?.giveBack(group) }
    }

    /// For a process that could not be started in its group.
    mutating func discardGroup(because error: SpawnError) {
        if let group { groups?.discard(group, because: error) }
        group = nil
    }

    /// Kills what the process has started, in its control group or with its marker: either may have been left.
    ///
    /// - Returns: Whether nothing is left.
    @discardableResult
    func endStragglers(rounds: Int = 100) -> Bool {
        // Each round kills what the one before has missed: a process that was just being started.
        for _ in 0..<rounds {
            let stragglers = ProcessSnapshot.all().filter { $0.marker == marker.value }
            let isPopulated = group?.isPopulated == true
            if stragglers.isEmpty, !isPopulated { return true }
            if isPopulated { group?.kill() }
            for straggler in stragglers { straggler.kill() }
            usleep(1000)
        }
        return false
    }

    fileprivate func write(_ json: JSONValue) throws(SpawnError) {
        let line = json.encoded + [0x0A]
        let count = line.withUnsafeBytes { Glibc.write(file.rawValue, $0.baseAddress, $0.count) }
        // So few bytes are written whole or not at all.
        guard count == line.count else {
            throw SpawnError(stage: .record, errorNumber: count < 0 ? errno : ENOSPC, path: path)
        }
    }
}
