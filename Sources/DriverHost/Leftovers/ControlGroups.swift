import Glibc
import Logging
import Synchronization

/// The control groups in which a host's calls run, if the kernel lets it make some in its own. An empty one is used again:
/// making and removing one costs more than the call's process.
final class ControlGroups: Sendable {
    private struct State {
        /// Of the host itself, which the others are made in; `nil` before it is looked for, and if no group can be made.
        var own: String?
        var wasLookedFor = false
        var free: [ControlGroup] = []
        var count: UInt64 = 0
    }

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
                return try Self.make("\(state.count)", in: "\(own)/\(name)")
            } catch {
                giveUp(&state, error)
                return nil
            }
        }
    }

    /// What a call that ended by itself has left behind goes on in the host's own group: it may be a mount's daemon.
    func release(_ group: ControlGroup) {
        if let own = state.withLock({ $0.own }) { group.moveProcesses(to: own) }
    }

    /// Makes a group available to the next call.
    func giveBack(_ group: ControlGroup) {
        let isKept = state.withLock { state in
            if state.own != nil { state.free.append(group) }
            return state.own != nil
        }
        if !isKept { remove(group) }
    }

    /// Takes a group out of use in which no process could be started, and the others as well if they would fail, too.
    func discard(_ group: ControlGroup, because error: SpawnError) {
        remove(group)
        // Somebody has removed this one.
        if error.errorNumber == ENODEV || error.errorNumber == ENOENT { return }
        state.withLock { giveUp(&$0, error) }
    }

    /// Removes the empty groups. The next host removes those that are still in use.
    func close() {
        state.withLock { close(&$0) }
    }

    private func close(_ state: inout State) {
        for group in state.free { rmdir(group.path) }
        if let own = state.own { rmdir("\(own)/\(name)") }
        state.free = []
        state.own = nil
    }

    private func remove(_ group: ControlGroup) {
        rmdir(group.path)
        rmdir(String(group.path[..<(group.path.lastIndex(of: "/") ?? group.path.endIndex)]))
    }

    private func open(_ state: inout State) {
        state.wasLookedFor = true
        guard let own = find() else {
            logger.info("no cgroup v2 for driver calls: what they start is found by its environment")
            return
        }
        Self.removeAbandoned(in: own)
        state.own = own
        logger.info("driver calls run in control groups", metadata: ["parent": "\(own)"])
    }

    private func giveUp(_ state: inout State, _ error: SpawnError) {
        close(&state)
        logger.info(
            "no control groups for driver calls: what they start is found by its environment",
            metadata: ["path": "\(error.path)", "problem": "\(systemErrorMessage(error.errorNumber))"])
    }

    private static func make(_ name: String, in directory: String) throws(SpawnError) -> ControlGroup {
        let path = "\(directory)/\(name)"
        if mkdir(path, 0o755) != 0, errno == ENOENT, mkdir(directory, 0o755) == 0 { mkdir(path, 0o755) }
        let group = try ControlGroup(path: path)
        guard access("\(path)/cgroup.kill", W_OK) == 0 else {
            throw SpawnError(stage: .fork, errorNumber: errno, path: "\(path)/cgroup.kill")
        }
        return group
    }

    /// Removes the groups of hosts that have ended. Those with processes in them stay.
    private static func removeAbandoned(in own: String) {
        for directory in ProcessFile.names(in: own) {
            guard let name = HostDirectoryName(directory), !name.isInUse else { continue }
            for call in ProcessFile.names(in: "\(own)/\(directory)") { rmdir("\(own)/\(directory)/\(call)") }
            rmdir("\(own)/\(directory)")
        }
    }
}

/// The control group of version 2 in which this process is.
enum OwnControlGroup {
    static func path() -> String? {
        guard let groups = ProcessFile.bytes("/proc/self/cgroup"),
            let mounts = ProcessFile.bytes("/proc/self/mountinfo")
        else { return nil }
        return path(groups: String(decoding: groups, as: UTF8.self), mounts: String(decoding: mounts, as: UTF8.self))
    }

    /// - Parameters:
    ///   - groups: `/proc/self/cgroup`, see cgroups(7).
    ///   - mounts: `/proc/self/mountinfo`, see proc(5).
    static func path(groups: String, mounts: String) -> String? {
        // 0::/system.slice/berth.service
        let line = groups.split(separator: "\n").first { $0.hasPrefix("0::/") }
        guard let group = line?.dropFirst(3), !group.hasPrefix("/.."), !group.hasSuffix(" (deleted)") else {
            return nil
        }
        for mount in MountTable.entries(mounts) where mount.type == "cgroup2" {
            let root = mount.root == "/" ? "" : mount.root
            guard group == root || group.hasPrefix(root + "/") else { continue }
            let rest = group.dropFirst(root.count)
            return rest == "/" ? mount.mountPoint : mount.mountPoint + rest
        }
        return nil
    }
}
