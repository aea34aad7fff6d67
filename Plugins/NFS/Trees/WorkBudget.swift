import DriverProtocol

/// How long a call works on something that may take longer than a call may: then it answers `Pending`, and the next
/// call goes on.
struct WorkBudget {
    private static let longest: Duration = .seconds(60)

    private let end: ContinuousClock.Instant

    /// Leaves enough of the call's time to end in good order.
    init(_ request: DriverRequest) {
        end = .now + min(Self.longest, (request.timeout ?? Self.longest) * 0.6)
    }

    var isSpent: Bool { .now >= end }
}
