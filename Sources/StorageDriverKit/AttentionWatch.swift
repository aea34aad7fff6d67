import Glibc

/// Wakes up about every millisecond while calls are served, to see whether nobody has been reading for that long.
///
/// A thread that has read a request would best carry it out and then read on: waking another thread to read in the
/// meantime costs more than most calls do. But a call may block, and a cancellation must be read all the same. So
/// the reading is left unattended at first, and this watch hands it over when a call turns out to take longer. With
/// nothing to watch it sleeps.
final class AttentionWatch: Sendable {
    /// A name for one stretch of time in which nobody reads.
    typealias Absence = UInt64

    private enum Mode: Sendable {
        case unstarted, asleep, awake, stopped
    }

    private static let interval: UInt32 = 1000
    private static let quietIntervals = 20

    private let mode = Monitor(Mode.unstarted)

    /// Says that somebody stopped reading. Costs nothing while the watch is awake.
    ///
    /// - Parameters:
    ///   - absence: The absence that there is, or `nil`: called from the watch's thread.
    ///   - end: Called from the watch's thread with an absence that has lasted too long.
    func begin(
        absence: @escaping @Sendable () -> Absence?, end: @escaping @Sendable (Absence) -> Void
    ) {
        let before = mode.withLock { mode in
            defer { if mode != .stopped { mode = .awake } }
            return mode
        }
        switch before {
        case .awake, .stopped: break
        case .asleep: mode.signal()
        case .unstarted:
            let status = SystemThread.start { [self] in watch(absence, end) }
            if status != 0 {
                mode.withLock { $0 = .unstarted }
                DriverLog.write("cannot start the thread that watches the reading: errno \(status)")
                // Without it nobody would read until the call is done.
                if let current = absence() { end(current) }
            }
        }
    }

    func stop() {
        mode.withLock { $0 = .stopped }
        mode.broadcast()
    }

    private func watch(_ absence: () -> Absence?, _ end: (Absence) -> Void) {
        var last: Absence?
        var quiet = 0
        while true {
            usleep(Self.interval)
            let current = absence()
            if let current, current == last { end(current) }
            last = current
            quiet = current == nil ? quiet + 1 : 0
            if quiet >= Self.quietIntervals {
                quiet = 0
                mode.withLock { if $0 == .awake { $0 = .asleep } }
                // An absence may have begun in between, by somebody who saw the watch awake.
                if absence() != nil { mode.withLock { if $0 == .asleep { $0 = .awake } } }
            }
            let isStopped = mode.wait { mode -> Bool? in
                switch mode {
                case .stopped: true
                case .awake: false
                case .unstarted, .asleep: nil
                }
            }
            if isStopped { return }
        }
    }
}
