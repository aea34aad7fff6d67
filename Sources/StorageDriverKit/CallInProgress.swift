import DriverProtocol
import Synchronization

/// A call from its arrival to its reply: can be given up, by the host or by its deadline.
final class CallInProgress: Sendable {
    enum Interruption: Sendable {
        case cancelled, deadline
    }

    private struct State: Sendable {
        var interruption: Interruption?
        var cancel: (@Sendable () -> Void)?
    }

    let request: DriverRequest
    /// In nanoseconds of the monotonic clock; `nil`: none.
    let deadline: UInt64?
    private let state = Mutex(State())

    init(_ request: DriverRequest, arrival: UInt64 = SystemThread.now) {
        self.request = request
        deadline = Self.deadline(of: request, arrival: arrival)
    }

    var interruption: Interruption? { state.withLock { $0.interruption } }

    /// Gives the call up. The first reason stays.
    func interrupt(_ reason: Interruption) {
        let cancel = state.withLock { state in
            guard state.interruption == nil else { return nil as (@Sendable () -> Void)? }
            state.interruption = reason
            return state.cancel
        }
        cancel?()
    }

    /// The task has begun: from here on an interruption cancels it.
    func began(cancel: @escaping @Sendable () -> Void) {
        let isInterrupted = state.withLock { state in
            state.cancel = cancel
            return state.interruption != nil
        }
        if isInterrupted { cancel() }
    }

    /// What the host is told of a call that was given up.
    ///
    /// - Parameter outcome: `final` where the handler had not begun.
    func interruptionError(outcome: DriverError.Outcome = .unknown) -> DriverError {
        switch interruption {
        case .deadline:
            let within = request.timeout.map { " of \($0)" } ?? ""
            return DriverError(
                .deadlineExceeded, "\(request.verb) was not done by its deadline\(within)", outcome: outcome)
        case .cancelled, nil:
            return DriverError(.cancelled, "\(request.verb) was given up", outcome: outcome)
        }
    }

    /// The earlier of the two that a request may give. The relative one is what counts between clocks that differ.
    private static func deadline(of request: DriverRequest, arrival: UInt64) -> UInt64? {
        var allowed = request.timeout
        if let text = request.deadline, let end = RFC3339Time(text) {
            let now = WallClock.now
            let left =
                Duration.seconds(end.seconds - now.seconds) + .nanoseconds(Int64(end.nanoseconds - now.nanoseconds))
            allowed = min(allowed ?? left, left)
        }
        guard let allowed else { return nil }
        let (seconds, attoseconds) = allowed.components
        guard seconds >= 0, attoseconds >= 0 else { return arrival }
        let (product, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (end, isBeyond) = product.addingReportingOverflow(arrival + UInt64(attoseconds / 1_000_000_000))
        return overflow || isBeyond ? nil : end
    }
}
