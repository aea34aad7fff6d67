import JSONTree

/// How a report is written.
public enum ReportFormat: String, Sendable, CaseIterable {
    /// For people.
    case text
    /// XML as CI servers read it.
    case junit
    /// Test Anything Protocol, version 14.
    case tap
    case json
}

extension ConformanceReport {
    /// The whole report, ending with a line feed.
    public func rendered(as format: ReportFormat) -> String {
        switch format {
        case .text:
            results.map { TextReport.line(for: $0) + "\n" }.joined() + TextReport.summary(of: self)
        case .junit: JUnitReport.text(of: self)
        case .tap: TAPReport.text(of: self)
        case .json: JSONReport.value(of: self).prettyPrinted() + "\n"
        }
    }
}

extension Finding {
    /// Everything about a finding, line by line.
    var lines: [String] {
        var lines = [message, "rule \(rule.id): \(rule.statement)"]
        for exchange in exchanges {
            let ending = exchange.ending.map { ", \($0)" } ?? ""
            lines.append(
                "call \(exchange.callID) (\(exchange.argument), \(exchange.duration.milliseconds) ms\(ending))")
            lines.append("  request: \(exchange.request)")
            lines.append("  reply:   \(exchange.output.isEmpty ? "nothing" : exchange.output)")
            lines += exchange.errorTail.split(separator: "\n").map { "  stderr:  \($0)" }
        }
        lines.append("to mend it: \(rule.remedy)")
        return lines.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) }
    }
}
