import DriverProtocol
import Glibc

/// One running process, from its tester's side. Each method blocks its thread, with a deadline, and meanwhile feeds and
/// drains the pipes, so that neither side can hang the other.
///
/// Not Sendable: it belongs to the thread that started the process.
package final class TrialConversation {
    package typealias Instant = ContinuousClock.Instant

    /// More than any reply may have.
    package static let outputLimit = 5 << 20

    private let child: ChildProcess
    private let cancellation: EventDescriptor?
    private let start: Instant
    private var input: OwnedDescriptor?
    private var output: OwnedDescriptor?
    private var error: OwnedDescriptor?
    private var pendingInput: ArraySlice<UInt8> = []
    private var closesInput = false
    private var outputBytes: [UInt8] = []
    private var isOutputCut = false
    private var errorCapture = OutputCapture(limit: 64 << 10)
    private var hasEnded = false
    private var status: ExitStatus?
    private var processObserver: ((CInt) -> Void)?

    init(_ started: StartedProcess, cancellation: EventDescriptor?) {
        child = started.process
        input = started.input
        output = started.output
        error = started.error
        self.cancellation = cancellation
        start = .now
    }

    /// The process's id, which is also that of its session and its process group.
    package var processID: CInt { child.id }
    /// Whether the tester's task was cancelled: every wait ends at once then.
    package private(set) var isCancelled = false

    /// Calls `observer` with the process's id again and again while it runs, some ten thousand times a second: for
    /// looking at what it starts.
    package func observeProcesses(_ observer: @escaping (CInt) -> Void) { processObserver = observer }

    /// Queues bytes for stdin.
    package func write(_ bytes: [UInt8]) {
        pendingInput += bytes
        writeInput()
    }

    /// Closes stdin when all that was queued is written.
    package func closeInput() {
        closesInput = true
        writeInput()
    }

    /// Sends a signal to the process and all that it started, as the host does.
    package func signal(_ number: CInt) {
        if !hasEnded { child.signalGroup(number) }
    }

    /// Takes the next line of stdout, without its line feed.
    ///
    /// - Returns: `nil` when none came in time, or the process ended first.
    package func nextLine(before deadline: Instant) -> [UInt8]? {
        var searched = 0
        while true {
            if let end = outputBytes[searched...].firstIndex(of: 0x0A) {
                defer { outputBytes.removeSubrange(...end) }
                return Array(outputBytes[..<end])
            }
            searched = outputBytes.count
            guard !hasEnded, !isCancelled, .now < deadline else { return nil }
            step(until: deadline)
        }
    }

    /// - Returns: Whether the process has ended by then.
    package func waitForEnd(before deadline: Instant) -> Bool {
        while !hasEnded, !isCancelled, .now < deadline { step(until: deadline) }
        return hasEnded
    }

    /// Kills what is left and takes the exit status.
    func end() -> TrialEnding {
        child.signalGroup(SIGKILL)
        if !hasEnded { child.waitUntilEnded() }
        readOutput()
        readError()
        let status = child.reap().status
        return TrialEnding(
            status: status, output: outputBytes, errorText: errorCapture.text(SecretScrubber()),
            isOutputCut: isOutputCut,
            duration: .now - start)
    }

    /// Waits for one piece of news, and deals with it.
    private func step(until deadline: Instant) {
        processObserver?(child.id)
        var descriptors = [
            pollfd(fd: child.handle.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: cancellation?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: pendingInput.isEmpty ? -1 : input?.rawValue ?? -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: error?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&descriptors, nfds_t(descriptors.count), timeout(until: deadline)) > 0 else {
            // The last millisecond is spent in small steps: the moments of signals are finer than poll(2) counts.
            if processObserver == nil { usleep(20) }
            return
        }
        if descriptors[2].revents != 0 { writeInput() }
        if descriptors[3].revents != 0 { readOutput() }
        if descriptors[4].revents != 0 { readError() }
        if descriptors[0].revents != 0 {
            hasEnded = true
            // Whatever it left behind must not write on behind its back.
            child.signalGroup(SIGKILL)
            readOutput()
            readError()
        }
        if descriptors[1].revents != 0 { isCancelled = true }
    }

    /// Whole milliseconds, rounded down.
    private func timeout(until deadline: Instant) -> CInt {
        guard processObserver == nil else { return 0 }
        return max(0, pollMilliseconds(Instant.now.duration(to: deadline)) - 1)
    }

    private func writeInput() {
        guard let descriptor = input else { return }
        while !pendingInput.isEmpty {
            let count = pendingInput.withUnsafeBytes { Glibc.write(descriptor.rawValue, $0.baseAddress, $0.count) }
            if count > 0 {
                pendingInput.removeFirst(count)
            } else if errno == EAGAIN {
                return
            } else if errno != EINTR {
                // EPIPE: it does not want the rest.
                pendingInput = []
                closesInput = true
            }
        }
        if closesInput {
            descriptor.close()
            input = nil
        }
    }

    private func readOutput() {
        guard let descriptor = output else { return }
        let isOpen = readAvailable(descriptor) { bytes in
            let room = Self.outputLimit - outputBytes.count
            outputBytes.append(contentsOf: bytes.prefix(max(0, room)))
            if bytes.count > room { isOutputCut = true }
            return !isOutputCut
        }
        // One that writes without end is stopped by the pipe, which nobody empties any more.
        if !isOpen || isOutputCut { output = nil }
    }

    private func readError() {
        guard let descriptor = error else { return }
        let isOpen = readAvailable(descriptor) { bytes in
            errorCapture.append(bytes)
            return true
        }
        if !isOpen { error = nil }
    }
}
