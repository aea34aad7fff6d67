import Glibc
import Logging

/// Ends what was left of an earlier host's calls.
struct LeftoverProcesses: Sendable {
    /// A process that the kernel holds, as with a dead disk, does not end by SIGKILL. It can do nothing either, until the
    /// kernel lets go of it, and then it ends.
    private static let patience = Duration.seconds(5)

    /// DATA/running
    let directory: String
    let logger: Logger

    /// Returns when all are gone, or ``patience`` has passed. To be called while this host has started nothing.
    ///
    /// - Throws: ``SpawnError`` when there is no thread for it.
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
        let names = names()
        for name in names.sorted() {
            let path = "\(directory)/\(name)"
            guard let file = ProcessFile.bytes(path) else {
                logger.error(
                    "what an earlier host has left of a driver's call is not known",
                    metadata: ["file": "\(path)", "problem": "\(systemErrorMessage(errno))"])
                continue
            }
            guard let leftover = Leftover(file) else {
                // Cut off before anything was started.
                unlink(path)
                continue
            }
            if end(leftover) { unlink(path) }
        }
    }

    /// - Returns: Whether nothing is left.
    private func end(_ leftover: Leftover) -> Bool {
        let limit = ContinuousClock.now + Self.patience
        var ended: Set<pid_t> = []
        while true {
            let processes = leftover.processes(among: ProcessSnapshot.all(), boot: ProcessRecords.boot)
            guard !processes.isEmpty else { break }
            guard .now < limit else {
                logger.error(
                    "what an earlier host has left of a driver's call cannot be ended; the kernel holds it",
                    metadata: [
                        "driver": "\(leftover.driver)", "call": "\(leftover.marker)",
                        "processes": "\(processes.map(\.id).sorted())",
                    ])
                return false
            }
            // Again and again: one that is about to start another is seen the next time.
            for process in processes {
                process.kill()
                ended.insert(process.id)
            }
            usleep(2000)
        }
        if !ended.isEmpty {
            logger.warning(
                "ended what an earlier host had left of a driver's call",
                metadata: [
                    "driver": "\(leftover.driver)", "call": "\(leftover.marker)", "processes": "\(ended.sorted())",
                ])
        }
        return true
    }

    private func names() -> [String] {
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
}
