public import DriverProtocol

extension DriverRequest {
    /// When the host stops waiting for this call, a little earlier so that the driver's own answer still arrives.
    /// `nil`: never. To be asked once, when the handler begins: the time that the request allows runs from then.
    ///
    /// - Parameter reserve: Kept back for answering; at most a tenth of the time that there is.
    public func callDeadline(reserve: Duration = .milliseconds(500)) -> ContinuousClock.Instant? {
        var allowed = timeout
        if let text = deadline, let end = RFC3339Time(text) {
            let now = WallClock.now
            let left =
                Duration.seconds(end.seconds - now.seconds) + .nanoseconds(Int64(end.nanoseconds - now.nanoseconds))
            allowed = min(allowed ?? left, left)
        }
        guard let allowed else { return nil }
        return .now + max(.zero, allowed - min(reserve, allowed / 10))
    }
}
