/// A state that passes by itself: over at a moment, unless a fault keeps it.
struct EC2Transition: Codable, Hashable, Sendable {
    var end: SimulatorClock.Milliseconds
    /// Does not end before the simulator's faults are cleared.
    var isStuck = false

    /// - Parameter duration: In milliseconds; at least one, so that the answer to the request that begins it shows it, as
    ///   the cloud's does.
    init(from now: SimulatorClock.Milliseconds, for duration: Int64, isStuck: Bool = false) {
        end = now + max(1, duration)
        self.isStuck = isStuck
    }

    init(end: SimulatorClock.Milliseconds) { self.end = end }

    func isOver(at now: SimulatorClock.Milliseconds) -> Bool { !isStuck && now >= end }
}
