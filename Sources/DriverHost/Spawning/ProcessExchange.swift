import Glibc

/// Feeds a process its input and reads both its outputs until it ends, however it behaves: one poll(2) loop that blocks
/// its thread and nothing else.
///
/// It ends at the latest `terminationGrace` and `killGrace` after the deadline. Grandchildren that hold the pipes open do
/// not delay it: the end of the process counts, not the end of its output.
struct ProcessExchange {
    private enum Phase {
        case running
        case terminating(killAt: ContinuousClock.Instant)
        case killed(giveUpAt: ContinuousClock.Instant)
    }

    private let child: ChildProcess
    private let limits: ExchangeLimits
    private let deadline: ContinuousClock.Instant
    private let cancellation: EventDescriptor
    private let clock = ContinuousClock()
    /// When the process was about to be started.
    private let start: ContinuousClock.Instant

    private var phase = Phase.running
    private var cause = ExchangeResult.Cause.ended
    private var signalSent: CInt?

    private var input: OwnedDescriptor?
    private let inputBytes: [UInt8]
    private var inputPosition = 0

    private var output: OwnedDescriptor?
    private var outputBytes: [UInt8] = []
    private var error: OwnedDescriptor?
    private var errorCapture: OutputCapture

    init(
        child: StartedProcess, startedAt start: ContinuousClock.Instant, input bytes: [UInt8],
        deadline: ContinuousClock.Instant, limits: ExchangeLimits,
        cancellation: EventDescriptor
    ) {
        self.child = child.process
        self.start = start
        self.limits = limits
        self.deadline = deadline
        self.cancellation = cancellation
        inputBytes = bytes
        input = child.input
        output = child.output
        error = child.error
        errorCapture = OutputCapture(limit: limits.errorBytes, margin: limits.errorMargin)
    }

    /// Runs the loop, hands the result over, and stays until the process is reaped.
    ///
    /// - Returns: Why the process ended.
    static func run(
        _ exchange: consuming ProcessExchange, deliver: (ExchangeResult) -> Void
    ) -> ExchangeResult.Cause {
        var exchange = exchange
        let child = exchange.child
        guard exchange.loopUntilEnded() else {
            deliver(exchange.result(ProcessEnding(status: .signaled(SIGKILL), usage: ResourceUsage())))
            child.waitUntilEnded()
            _ = child.reap()
            return exchange.cause
        }
        // What is left of the group dies first, so that the drain below ends even if it would print for ever.
        child.signalGroup(SIGKILL)
        exchange.drain()
        let ending = child.reap()
        deliver(exchange.result(ending))
        return exchange.cause
    }

    private func result(_ ending: ProcessEnding) -> ExchangeResult {
        ExchangeResult(
            cause: cause, status: ending.status, output: outputBytes, error: errorCapture,
            closedInputEarly: inputPosition < inputBytes.count, signalSent: signalSent, duration: clock.now - start,
            usage: ending.usage)
    }

    /// - Returns: Whether the process has ended; if not, it is stuck.
    private mutating func loopUntilEnded() -> Bool {
        writeInput()  // a request fits the pipe, so the loop below most often only waits for the reply
        while true {
            let now = clock.now
            guard advancePhase(at: now) else { return false }
            var descriptors = [
                pollfd(fd: child.handle.rawValue, events: Int16(POLLIN), revents: 0),
                pollfd(fd: cause == .ended ? cancellation.rawValue : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input?.rawValue ?? -1, events: Int16(POLLOUT), revents: 0),
                pollfd(fd: output?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: error?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
            ]
            let count = poll(&descriptors, nfds_t(descriptors.count), pollTimeout(from: now))
            guard count > 0 else { continue }  // the time is up, or EINTR; the phase above sees which
            if descriptors[2].revents != 0 { writeInput() }
            if descriptors[3].revents != 0 { readOutput() }
            if descriptors[4].revents != 0 { readError() }
            if descriptors[0].revents != 0 { return true }
            if descriptors[1].revents != 0 { terminate(because: .cancelled) }
        }
    }

    /// Sends the signals that are due.
    ///
    /// - Returns: `false` when the last one had no effect.
    private mutating func advancePhase(at now: ContinuousClock.Instant) -> Bool {
        switch phase {
        case .running:
            if now >= deadline { terminate(because: .deadline) }
        case .terminating(let killAt):
            guard now >= killAt else { break }
            child.signalGroup(SIGKILL)
            signalSent = SIGKILL
            phase = .killed(giveUpAt: now + limits.killGrace)
        case .killed(let giveUpAt):
            guard now >= giveUpAt else { break }
            cause = .stuck
            return false
        }
        return true
    }

    private mutating func terminate(because cause: ExchangeResult.Cause) {
        guard case .running = phase else { return }
        self.cause = cause
        child.signalGroup(SIGTERM)
        // One that is stopped (SIGSTOP, SIGTTIN) would not see SIGTERM.
        child.signalGroup(SIGCONT)
        signalSent = SIGTERM
        phase = .terminating(killAt: clock.now + limits.terminationGrace)
    }

    private func pollTimeout(from now: ContinuousClock.Instant) -> CInt {
        let next =
            switch phase {
            case .running: deadline
            case .terminating(let killAt): killAt
            case .killed(let giveUpAt): giveUpAt
            }
        return pollMilliseconds(now.duration(to: next))
    }

    private mutating func writeInput() {
        guard let descriptor = input else { return }
        while inputPosition < inputBytes.count {
            let written = inputBytes.withUnsafeBytes { bytes in
                write(descriptor.rawValue, bytes.baseAddress.map { $0 + inputPosition }, bytes.count - inputPosition)
            }
            if written > 0 {
                inputPosition += written
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                break  // EPIPE: it does not want the rest
            }
        }
        descriptor.close()
        input = nil
    }

    private mutating func readOutput() {
        guard let descriptor = output else { return }
        let room = limits.outputBytes
        let isOpen = readAvailable(descriptor) { bytes in
            outputBytes.append(contentsOf: bytes.prefix(room + 1 - outputBytes.count))
            return outputBytes.count <= room
        }
        if outputBytes.count > room {
            outputBytes.removeLast()
            output = nil  // unread, its writer blocks until the signal comes
            terminate(because: .outputLimit)
        } else if !isOpen {
            output = nil
        }
    }

    private mutating func readError() {
        guard let descriptor = error else { return }
        let isOpen = readAvailable(descriptor) { bytes in
            errorCapture.append(bytes)
            return true
        }
        if !isOpen { error = nil }
    }

    /// Takes what the pipes still hold after the process has ended.
    private mutating func drain() {
        readOutput()
        readError()
    }
}
