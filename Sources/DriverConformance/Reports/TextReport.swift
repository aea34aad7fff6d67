/// A report for people: a line for each case as it ends, then what was found.
public enum TextReport {
    /// `pass  provision/twice  provision twice gives one volume`
    public static func line(for result: CaseResult) -> String {
        let id = result.id.padding(to: 26)
        switch result.outcome {
        case .passed: return "pass  \(id)  \(result.title)"
        case .failed: return "FAIL  \(id)  \(result.title)"
        case .skipped(let reason): return "skip  \(id)  \(reason)"
        }
    }

    /// What follows the lines: each finding, and the sum.
    public static func summary(of report: ConformanceReport) -> String {
        var lines: [String] = []
        var number = 0
        for result in report.results {
            for finding in result.findings {
                number += 1
                lines += ["", "\(number). \(result.id)"] + finding.lines.map { "   \($0)" }
            }
        }
        lines += [""] + report.leftovers.map { "left behind: \($0)" }
        let counts = report.counts
        let seconds = Double(report.duration.milliseconds / 100) / 10
        lines.append(
            "\(report.driver ?? report.executable): \(counts.passed) passed, \(counts.failed) failed, "
                + "\(counts.skipped) skipped in \(seconds) s (seed \(report.seed))")
        if report.isInterrupted { lines.append("The run was given up before its end; what it had made is deleted.") }
        if !report.brokenRules.isEmpty {
            let rules = report.brokenRules.map(\.id).sorted().joined(separator: ", ")
            lines.append("It breaks \(rules) of the specification.")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension TextReport {
    /// For each rule that is broken: what was found first, and what to do. For whoever did not ask for the whole.
    public static func brief(of report: ConformanceReport) -> String {
        let byRule = Dictionary(grouping: report.results.flatMap { result in result.findings.map { (result.id, $0) } })
        {
            $0.1.rule
        }
        var lines: [String] = []
        for (rule, findings) in byRule.sorted(by: { $0.key.id < $1.key.id }) {
            guard let (id, first) = findings.first else { continue }
            let others = findings.count > 1 ? ", and \(findings.count - 1) more" : ""
            lines += [
                "\(rule.id): \(rule.statement)", "  found:      \(first.message) (\(id)\(others))",
                "  to mend it: \(rule.remedy)",
            ]
        }
        return (lines + report.leftovers.map { "left behind: \($0)" }).joined(separator: "\n")
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
