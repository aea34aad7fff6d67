/// A rule that the driver breaks, how that was seen, and what to do.
public struct Finding: Sendable, Hashable {
    public var rule: ConformanceRule
    /// What was asked, what came, and what should have.
    public var message: String
    /// The calls that show it, the telling one last.
    public var exchanges: [Exchange]
}

/// What came of one case.
public struct CaseResult: Sendable {
    public enum Outcome: Sendable {
        case passed
        case failed([Finding])
        /// Not tried, or not to its end, and why.
        case skipped(String)
    }

    /// As `provision/twice`.
    public var id: String
    /// What a driver does that passes, in a sentence.
    public var title: String
    public var rules: [ConformanceRule]
    public var outcome: Outcome
    public var duration: Duration

    public var findings: [Finding] {
        if case .failed(let findings) = outcome { findings } else { [] }
    }
}

/// What came of a run.
public struct ConformanceReport: Sendable {
    /// As the driver calls itself: `hostpath 1.0.0`; `nil` where it did not say.
    public var driver: String?
    public var executable: String
    public var seed: UInt64
    public var results: [CaseResult]
    public var duration: Duration
    /// Whether the run was given up half-way.
    public var isInterrupted: Bool
    /// What could not be cleaned up, in sentences.
    public var leftovers: [String]

    public var findings: [Finding] { results.flatMap(\.findings) }
    /// The rules that the driver breaks.
    public var brokenRules: Set<ConformanceRule> { Set(findings.map(\.rule)) }
    /// Nothing was found wrong, and the run came to its end.
    public var isConformant: Bool { findings.isEmpty && !isInterrupted }

    public var counts: (passed: Int, failed: Int, skipped: Int) {
        results.reduce(into: (0, 0, 0)) { counts, result in
            switch result.outcome {
            case .passed: counts.passed += 1
            case .failed: counts.failed += 1
            case .skipped: counts.skipped += 1
            }
        }
    }
}
