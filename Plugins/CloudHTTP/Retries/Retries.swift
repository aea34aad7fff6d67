/// One try, as its API's rules see it.
public enum AttemptVerdict: Sendable, Hashable {
    /// It succeeded, or it failed in a way that another try would not change.
    case settled
    /// Worth another try: a fault on the way or within the server.
    case again(after: Duration? = nil)
    /// The server says that there are too many requests.
    case throttled(after: Duration? = nil)
}

/// What came of a request and its repetitions.
public struct Attempts: Sendable {
    /// Of the last try; where the deadline cut that one short, of the one before it if the server answered that with "not
    /// so fast" or a fault of its own: that tells more than a timeout.
    public let outcome: Result<HTTPReply, HTTPFailure>
    /// How that try was judged. Other than ``AttemptVerdict/settled``: there was no time for another.
    public let verdict: AttemptVerdict
    public let count: Int
    /// Another try may have been carried out although its reply was lost, or a fault: a conflict that this one met may be with that.
    public let earlierMayHaveArrived: Bool
    /// What would have been waited before another try, for `retryAfterSeconds`.
    public let nextTryAfter: Duration?

    /// Whether the server may have carried out what was asked for, as far as failures without a reply go.
    public var mayHaveArrived: Bool {
        if case .failure(let failure) = outcome, failure.mayHaveArrived { return true }
        return earlierMayHaveArrived
    }
}

/// Sends a request again until it is settled or the call's time is used up.
///
/// ```swift
/// let attempts = await retries.run("CreateVolume", deadline: deadline, judge: EC2Errors.verdict) { () throws(HTTPFailure) in
///     try await client.send(signer.signed(request, with: credentials, at: WallClock.now), deadline: deadline)
/// }
/// ```
public struct Retries: Sendable {
    public var policy: RetrySchedule.Policy
    private let limiter: APIRateLimiter?

    /// - Parameter limiter: Shared among the calls of a resident driver; `nil`: none.
    public init(_ policy: RetrySchedule.Policy = RetrySchedule.Policy(), limiter: APIRateLimiter? = nil) {
        self.policy = policy
        self.limiter = limiter
    }

    /// - Parameters:
    ///   - api: Whatever the cloud's throttling counts by.
    ///   - judge: Asked of every try but those that were cancelled or met the deadline, which are settled.
    ///   - attempt: One try: builds the request anew where its signature or its token ages.
    public func run(
        _ api: String, deadline: ContinuousClock.Instant?,
        judge: (Result<HTTPReply, HTTPFailure>) -> AttemptVerdict,
        attempt: () async throws(HTTPFailure) -> HTTPReply
    ) async -> Attempts {
        var schedule = RetrySchedule(policy, deadline: deadline)
        var earlierMayHaveArrived = false
        var last: (outcome: Result<HTTPReply, HTTPFailure>, verdict: AttemptVerdict, pause: Duration)?
        while true {
            do {
                if let wait = try await limiter?.admit(api, deadline: deadline) {
                    return Attempts(
                        outcome: last?.outcome ?? .failure(Self.held(api)),
                        verdict: last?.verdict ?? .throttled(after: wait), count: schedule.attempts,
                        earlierMayHaveArrived: earlierMayHaveArrived, nextTryAfter: wait)
                }
            } catch {
                return cancelled(api, schedule.attempts, earlierMayHaveArrived)
            }
            let outcome = await Self.result(of: attempt)
            if case .failure(let failure) = outcome, failure.kind == .deadline, let last,
                case .success(let reply) = last.outcome,
                last.verdict.isThrottled || reply.status >= 500 || reply.status == 408
            {
                return Attempts(
                    outcome: last.outcome, verdict: last.verdict, count: schedule.attempts + 1,
                    earlierMayHaveArrived: earlierMayHaveArrived || failure.mayHaveArrived, nextTryAfter: last.pause)
            }
            let verdict = Self.verdict(outcome, judge)
            limiter?.replied(api, isThrottled: verdict.isThrottled)
            let wish: Duration?
            switch verdict {
            case .settled:
                return Attempts(
                    outcome: outcome, verdict: verdict, count: schedule.attempts + 1,
                    earlierMayHaveArrived: earlierMayHaveArrived, nextTryAfter: nil)
            case .again(let after), .throttled(let after): wish = after
            }
            switch schedule.next(now: .now, retryAfter: wish, chance: .random(in: 0..<1)) {
            case .giveUp(let after):
                return Attempts(
                    outcome: outcome, verdict: verdict, count: schedule.attempts,
                    earlierMayHaveArrived: earlierMayHaveArrived, nextTryAfter: after)
            case .pause(let pause):
                last = (outcome, verdict, pause)
                if Self.mayHaveBeenCarriedOut(outcome) { earlierMayHaveArrived = true }
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    return cancelled(api, schedule.attempts, earlierMayHaveArrived)
                }
            }
        }
    }

    /// A server that broke on the way (500, 502, 504), or gave up waiting, may have done what it was asked for; one that is
    /// not available (503) has not begun.
    private static func mayHaveBeenCarriedOut(_ outcome: Result<HTTPReply, HTTPFailure>) -> Bool {
        switch outcome {
        case .failure(let failure): failure.mayHaveArrived
        case .success(let reply): [408, 500, 502, 504].contains(reply.status)
        }
    }

    private static func verdict(
        _ outcome: Result<HTTPReply, HTTPFailure>, _ judge: (Result<HTTPReply, HTTPFailure>) -> AttemptVerdict
    ) -> AttemptVerdict {
        if case .failure(let failure) = outcome, failure.kind == .cancelled || failure.kind == .deadline {
            return .settled
        }
        return judge(outcome)
    }

    private static func result(
        of attempt: () async throws(HTTPFailure) -> HTTPReply
    ) async -> Result<HTTPReply, HTTPFailure> {
        do throws(HTTPFailure) {
            return .success(try await attempt())
        } catch {
            return .failure(error)
        }
    }

    private func cancelled(_ api: String, _ count: Int, _ earlierMayHaveArrived: Bool) -> Attempts {
        let failure = HTTPFailure(.cancelled, mayHaveArrived: false, "\(api) was given up between two tries")
        return Attempts(
            outcome: .failure(failure), verdict: .settled, count: count, earlierMayHaveArrived: earlierMayHaveArrived,
            nextTryAfter: nil)
    }

    /// Earlier calls were throttled: this one would not get its turn in time.
    private static func held(_ api: String) -> HTTPFailure {
        HTTPFailure(
            .notSent, mayHaveArrived: false,
            "\(api) was not sent: the API throttles, and other calls of this driver come first")
    }
}

extension AttemptVerdict {
    fileprivate var isThrottled: Bool {
        if case .throttled = self { true } else { false }
    }
}
