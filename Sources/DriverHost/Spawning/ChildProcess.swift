import CSpawn
import Glibc

/// A process that was just started, and the host's ends of its pipes.
struct StartedProcess: Sendable {
    let process: ChildProcess
    let input: OwnedDescriptor
    let output: OwnedDescriptor
    let error: OwnedDescriptor

    init(_ process: cspawn_process) {
        self.process = ChildProcess(id: process.pid, handle: OwnedDescriptor(process.process_descriptor))
        input = OwnedDescriptor(process.input)
        output = OwnedDescriptor(process.output)
        error = OwnedDescriptor(process.error)
    }
}

/// A running process of a driver. It belongs to the thread that started it, until that thread has reaped it.
struct ChildProcess: Sendable {
    let id: pid_t
    /// A pidfd: readable when the process has ended.
    let handle: OwnedDescriptor

    /// Signals the process and all that it started, save what has made a session of its own. Only before ``reap()``:
    /// after it the number may name somebody else.
    func signalGroup(_ signal: CInt) {
        // ESRCH: all of them have ended, which is what a signal to them is for.
        _ = cspawn_signal_group(id, signal)
    }

    /// Kills what is left of the group and takes the exit status of the process, which must have ended.
    func reap() -> ProcessEnding {
        var ending = cspawn_ending()
        let reason = cspawn_reap(id, &ending)
        guard reason == 0 else {
            // Only when somebody else has reaped it, against the rule that a process's starter does.
            return ProcessEnding(status: .unknown(errorNumber: reason), usage: ResourceUsage())
        }
        return ProcessEnding(status: ExitStatus(waitStatus: ending.status), usage: ResourceUsage(ending))
    }

    /// Blocks until the process has ended. For one that not even SIGKILL ends at once, since the kernel holds it.
    func waitUntilEnded() {
        var descriptor = pollfd(fd: handle.rawValue, events: Int16(POLLIN), revents: 0)
        while poll(&descriptor, 1, -1) < 0, errno == EINTR {}
    }
}

/// How a process ended, and what it used.
struct ProcessEnding: Sendable, Hashable {
    var status: ExitStatus
    var usage: ResourceUsage
}

/// What a process and its reaped children used, as wait4(2) counts it.
struct ResourceUsage: Sendable, Hashable {
    var userTime = Duration.zero
    var systemTime = Duration.zero

    init() {}

    init(_ ending: cspawn_ending) {
        userTime = .microseconds(ending.user_microseconds)
        systemTime = .microseconds(ending.system_microseconds)
    }
}
