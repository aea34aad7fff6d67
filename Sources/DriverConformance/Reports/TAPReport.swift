/// Test Anything Protocol, version 14: a line for each case, findings as YAML below it.
enum TAPReport {
    static func text(of report: ConformanceReport) -> String {
        var lines = ["TAP version 14", "1..\(report.results.count)", "# seed \(report.seed)"]
        for (position, result) in report.results.enumerated() {
            let description = "\(position + 1) - \(escaped("\(result.id): \(result.title)"))"
            switch result.outcome {
            case .passed: lines.append("ok \(description)")
            case .skipped(let reason): lines.append("ok \(description) # SKIP \(escaped(reason))")
            case .failed(let findings):
                lines += ["not ok \(description)", "  ---", "  findings:"]
                for finding in findings {
                    lines.append("    - rule: \(finding.rule.id)")
                    lines.append("      text: |")
                    lines += finding.lines.map { "        \($0)" }
                }
                lines.append("  ...")
            }
        }
        if report.isInterrupted { lines.append("Bail out! the run was given up before its end") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// On one line, with `#` and `\` escaped, as the protocol wants.
    private static func escaped(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
            .replacing("\\", with: "\\\\").replacing("#", with: "\\#")
    }
}
