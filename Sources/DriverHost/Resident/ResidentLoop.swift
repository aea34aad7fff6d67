import Glibc

/// What the thread of a resident process does until that ends: reads both outputs, keeps the deadlines, sends the signals.
struct ResidentLoop {
    private let connection: ResidentConnection
    private let child: ChildProcess
    private var output: OwnedDescriptor?
    private var error: OwnedDescriptor?
    private var lines: LineBuffer
    /// Why the process is being ended, once it is.
    private var cause = ResidentEnding.Cause.ended
    /// The signal that comes next, and when.
    private var nextSignal: (signal: CInt, at: ContinuousClock.Instant)?

    private var limits: DriverLimits { connection.limits }

    init(connection: ResidentConnection, process: StartedProcess) {
        self.connection = connection
        child = process.process
        output = process.output
        error = process.error
        lines = LineBuffer(maximumLineBytes: connection.limits.maximumReplyBytes)
        connection.requests.open(process.input)
    }

    mutating func run() -> (ResidentEnding.Cause, ExitStatus) {
        repeat { advance(at: ContinuousClock.now) } while !waitForNews()
        // The rest of its group goes with it; what was written before the end counts.
        child.signalGroup(SIGKILL)
        readError()
        readOutput()
        return (cause, child.reap().status)
    }

    /// - Returns: Whether the process has ended.
    private mutating func waitForNews() -> Bool {
        let fullInput = connection.requests.fullInput
        var descriptors = [
            pollfd(fd: child.handle.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: connection.wakeUp.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: fullInput?.rawValue ?? -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: error?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        let moment = [connection.wakeAt, nextSignal?.at].compactMap { $0 }.min()
        let timeout = moment.map { pollMilliseconds(ContinuousClock.now.duration(to: $0)) } ?? -1
        guard poll(&descriptors, nfds_t(descriptors.count), timeout) > 0 else { return false }
        if descriptors[1].revents != 0 { connection.wakeUp.reset() }
        if descriptors[2].revents != 0 { connection.requests.resume() }
        // Before stdout, so that what was logged before an answer is there with it.
        if descriptors[4].revents != 0 { readError() }
        if descriptors[3].revents != 0 { readOutput() }
        return descriptors[0].revents != 0
    }

    /// Does what is due.
    private mutating func advance(at now: ContinuousClock.Instant) {
        if connection.checkDeadlines(at: now) { terminate(because: .unresponsive) }
        switch connection.phase {
        case .open, .ended: break
        case .draining:
            guard nextSignal == nil, !connection.hasCalls, connection.requests.closeWhenWritten() else { break }
            // It sees the end of its stdin, and has time to go by itself.
            cause = .toldTo
            nextSignal = (SIGTERM, now + limits.terminationGrace)
        case .ending:
            if cause == .ended { cause = .toldTo }
            if nextSignal?.signal != SIGKILL { nextSignal = (SIGTERM, now) }
        }
        guard let next = nextSignal, next.at <= now else { return }
        child.signalGroup(next.signal)
        if next.signal == SIGTERM {
            // One that is stopped would not see SIGTERM.
            child.signalGroup(SIGCONT)
            nextSignal = (SIGKILL, now + (cause == .toldTo ? limits.shutdownGrace : limits.terminationGrace))
        } else {
            // Nothing is left to do but to wait; the kernel lets go of it when it can.
            nextSignal = (SIGKILL, now + .seconds(60))
        }
    }

    private mutating func terminate(because cause: ResidentEnding.Cause) {
        guard self.cause == .ended else { return }
        self.cause = cause
        output = nil
        connection.shutDown()
    }

    private mutating func readOutput() {
        guard let output else { return }
        var complete: [[UInt8]] = []
        let isOpen = readAvailable(output) { bytes in
            complete += lines.append(bytes)
            return !lines.isOverlong
        }
        for line in complete where !connection.take(line) {
            terminate(because: .malformedLine(connection.excerpt(line)))
            return
        }
        if lines.isOverlong {
            terminate(because: .oversizedLine(limit: limits.maximumReplyBytes))
        } else if !isOpen {
            self.output = nil
            if !isAboutToEnd { terminate(because: .closedOutput) }
        }
    }

    /// The end of its stdout most often comes with the end of the process, a moment before that can be seen.
    private var isAboutToEnd: Bool {
        var descriptor = pollfd(fd: child.handle.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 200) > 0
    }

    private mutating func readError() {
        guard let error else { return }
        let isOpen = readAvailable(error) { bytes in
            connection.takeError(bytes)
            return true
        }
        if !isOpen { self.error = nil }
    }
}
