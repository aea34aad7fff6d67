import Glibc
import Logging

/// Kills the processes that an earlier host's calls have left behind.
struct LeftoverProcesses: Sendable {
    /// A process in uninterruptible sleep, for example on a dead disk, does not react to SIGKILL. It cannot do anything
    /// either, and ends as soon as the kernel wakes it.
    private static let patience = Duration.seconds(5)

    /// DATA/running
    let directory: String
    let logger: Logger

    /// Returns when all are gone, or ``patience`` has passed. Call it before this host starts anything.
    ///
    /// - Throws: ``SpawnError`` when no thread can be started.
    func end() async throws {
        let result: Result<Void, SpawnError> = await withCheckedContinuation { continuation in
            do throws(SpawnError) {
                try WorkerThreads.shared.run {
                    endOnThisThread()
                    continuation.resume(returning: .success(()))
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        try result.get()
    }

    private func endOnThisThread() {
        // One for all: a start does not take longer with each process that the kernel holds.
        let limit = ContinuousClock.now + Self.patience
        for name in ProcessFile.names(in: directory).sorted() {
            let path = "\(directory)/\(name)"
            guard let file = ProcessFile.bytes(path) else {
                logger.error(
                    "cannot read the record of an earlier host's driver call",
                    metadata: ["file": "\(path)", "problem": "\(systemErrorMessage(errno))"])
                continue
            }
            guard let leftover = Leftover(file) else {
                // Incomplete, so that nothing was started.
                unlink(path)
                continue
            }
            if end(leftover, until: limit) { unlink(path) }
        }
    }

    private func group(of leftover: Leftover) throws(SpawnError) -> ControlGroup? {
        guard let path = leftover.controlGroup, leftover.boot == ProcessRecords.boot,
            let group = try ControlGroup(recorded: path)
        else { return nil }
        if let own = OwnControlGroup.path(), own == path || own.hasPrefix(path + "/") {
            logger.warning(
                "not killing the control group of an earlier host's driver call: this host runs in it",
                metadata: ["driver": "\(leftover.driver)", "controlGroup": "\(path)"])
            return nil
        }
        return group
    }

    /// - Returns: Whether nothing is left.
    private func end(_ leftover: Leftover, until limit: ContinuousClock.Instant) -> Bool {
        var ended: Set<pid_t> = []
        let group: ControlGroup?
        do throws(SpawnError) {
            group = try self.group(of: leftover)
        } catch {
            logger.error(
                "cannot open the control group of an earlier host's driver call",
                metadata: [
                    "driver": "\(leftover.driver)", "path": "\(error.path)",
                    "problem": "\(systemErrorMessage(error.errorNumber))",
                ])
            return false
        }
        while true {
            // A driver may have started this host.
            let processes = leftover.processes(among: ProcessSnapshot.all(), boot: ProcessRecords.boot)
                .filter { $0.id != getpid() }
            let isPopulated = group?.isPopulated == true
            guard !processes.isEmpty || isPopulated else { break }
            // Each gets its signal in any case.
            if let group, isPopulated {
                ended.formUnion(group.processes)
                group.kill()
            }
            for process in processes {
                process.kill()
                ended.insert(process.id)
            }
            guard .now < limit else {
                logger.error(
                    "cannot end the processes of an earlier host's driver call: the kernel holds them",
                    metadata: [
                        "driver": "\(leftover.driver)", "call": "\(leftover.marker)",
                        "processes": "\(Set(processes.map(\.id) + (group?.processes ?? [])).sorted())",
                    ])
                return false
            }
            // Repeated: a process that one of these is just starting shows up next time.
            usleep(2000)
        }
        if let group {
            group.remove()
            rmdir(group.hostDirectory)
        }
        if !ended.isEmpty {
            logger.warning(
                "ended the processes of an earlier host's driver call",
                metadata: [
                    "driver": "\(leftover.driver)", "call": "\(leftover.marker)", "processes": "\(ended.sorted())",
                ])
        }
        return true
    }
}
