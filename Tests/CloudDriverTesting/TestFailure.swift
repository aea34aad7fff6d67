/// What a test cannot go on with.
public struct TestFailure: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}

/// - Throws: ``TestFailure`` with `what` should have been.
public func require(_ condition: Bool, _ what: @autoclosure () -> String) throws {
    if !condition { throw TestFailure(what()) }
}

/// Asks again and again, for what tells nobody when it comes about.
public func until(
    _ what: String, within limit: Duration = .seconds(240), _ condition: () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else { throw TestFailure("not within \(limit): \(what)") }
        try await Task.sleep(for: .milliseconds(100))
    }
}
