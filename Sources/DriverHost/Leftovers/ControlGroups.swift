import Glibc
import Logging
import Synchronization

/// The control groups in which a host's calls run, where the host may create groups in its own. Empty groups are reused,
/// so that the usual call creates and removes none.
///
/// Under systemd the host's unit should have `Delegate=yes` (systemd.resource-control(5)).
final class ControlGroups: Sendable {
    private struct State {
        /// The host's own group, in which the others are made; `nil` before it is looked for, and if none can be made.
        var own: String?
        var wasLookedFor = false
        var free: [ControlGroup] = []
        var count: UInt64 = 0
        /// Whether the last call got none, which is logged once.
        var isFailing = false
    }

    /// Errors after which no later attempt can succeed.
    private static let lastingErrors = [ENOSYS, EPERM, EACCES, EROFS, EINVAL, E2BIG, EOPNOTSUPP]
    private static let counter = Atomic<UInt64>(0)

    private let name = HostDirectoryName(
        process: getpid(), startTime: ProcessSnapshot.startTime(of: getpid()) ?? 0,
        number: counter.wrappingAdd(1, ordering: .relaxed).newValue)
    private let find: @Sendable () -> String?
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter own: Finds the control group of this process.
    init(logger: Logger, own: @escaping @Sendable () -> String? = { OwnControlGroup.path() }) {
        self.logger = logger
        find = own
    }

    deinit { close() }

    /// - Returns: An empty group for a call; `nil` where the host cannot make one.
    func take() -> ControlGroup? {
        state.withLock { state in
            if !state.wasLookedFor { open(&state) }
            guard let own = state.own else { return nil }
            // The last call's processes may take a moment to end.
            if let index = state.free.firstIndex(where: { !$0.isPopulated }) { return state.free.remove(at: index) }
            state.count += 1
            do throws(SpawnError) {
                let group = try Self.make("\(state.count)", in: "\(own)/\(name)")
                state.isFailing = false
                return group
            } catch {
                note(error, &state)
                return nil
            }
        }
    }

    /// Moves what a call that ended by itself has left running to the host's own group: it may be a mount's daemon.
    func release(_ group: ControlGroup) {
        if let own = state.withLock({ $0.own }) { group.moveProcesses(to: own) }
    }

    /// Makes a group available to the next call, unless there are groups in it: their processes would be killed with that
    /// call.
    func giveBack(_ group: ControlGroup) {
        let isEmpty = !group.hasChildren
        state.withLock { state in
            if isEmpty, state.own != nil {
                state.free.append(group)
            } else {
                group.remove()
                // The last one after the host's end.
                if state.own == nil { rmdir(group.hostDirectory) }
            }
        }
    }

    /// Takes a group out of use in which no process could be started.
    func discard(_ group: ControlGroup, because error: SpawnError) {
        group.remove()
        state.withLock { note(error, &$0) }
    }

    /// Removes the empty groups. The next host removes those that are still in use.
    func close() {
        state.withLock { close(&$0) }
    }

    private func close(_ state: inout State) {
        for group in state.free { group.remove() }
        if let own = state.own { rmdir("\(own)/\(name)") }
        state.free = []
        state.own = nil
    }

    private func open(_ state: inout State) {
        state.wasLookedFor = true
        guard let own = find() else {
            logger.info(
                "cgroup v2 is not available: processes that driver calls start are tracked by their environment")
            return
        }
        Self.removeAbandoned(in: own)
        state.own = own
        logger.info("driver calls run in control groups", metadata: ["parent": "\(own)"])
    }

    private func note(_ error: SpawnError, _ state: inout State) {
        let isLasting = Self.lastingErrors.contains(error.errorNumber)
        // A host that may not create groups fails at the first one, which is normal.
        let level: Logger.Level = isLasting && state.count <= 1 ? .info : .warning
        if isLasting ? state.own != nil : !state.isFailing {
            logger.log(
                level: level,
                isLasting
                    ? "cannot create control groups for driver calls: their processes are tracked by environment"
                    : "cannot create a control group for this call: its processes are tracked by environment",
                metadata: ["path": "\(error.path)", "problem": "\(systemErrorMessage(error.errorNumber))"])
        }
        state.isFailing = true
        if isLasting { close(&state) }
    }

    private static func make(_ name: String, in directory: String) throws(SpawnError) -> ControlGroup {
        let path = "\(directory)/\(name)"
        func failure(_ path: String) -> SpawnError { SpawnError(stage: .fork, errorNumber: errno, path: path) }
        if mkdir(path, 0o755) != 0, errno != EEXIST {
            guard errno == ENOENT else { throw failure(path) }
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else { throw failure(directory) }
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
        }
        do throws(SpawnError) {
            let group = try ControlGroup(path: path)
            guard access("\(path)/cgroup.kill", W_OK) == 0 else {
                // A kernel before 5.14.
                throw SpawnError(stage: .fork, errorNumber: EOPNOTSUPP, path: "\(path)/cgroup.kill")
            }
            return group
        } catch {
            rmdir(path)
            rmdir(directory)
            throw error
        }
    }

    /// Removes the groups of hosts that have ended. Those with processes in them stay.
    private static func removeAbandoned(in own: String) {
        for directory in ProcessFile.names(in: own) {
            if let name = HostDirectoryName(directory), !name.isInUse { ControlGroup.remove("\(own)/\(directory)") }
        }
    }
}
