import DriverProtocol
import JSONTree

/// The report as one JSON object.
enum JSONReport {
    static func value(of report: ConformanceReport) -> JSONValue {
        let counts = report.counts
        var json: JSONValue = [
            "protocol": .string(ProtocolVersion.current), "executable": .string(report.executable),
            "conformant": .bool(report.isConformant), "interrupted": .bool(report.isInterrupted),
            "seed": .integer(Int64(clamping: report.seed)), "durationSeconds": seconds(report.duration),
            "passed": .integer(Int64(counts.passed)), "failed": .integer(Int64(counts.failed)),
            "skipped": .integer(Int64(counts.skipped)),
            "brokenRules": JSONValue(report.brokenRules.map(\.id).sorted()), "leftovers": JSONValue(report.leftovers),
            "cases": .array(report.results.map(value)),
        ]
        json["driver"] = report.driver.map { .string($0) }
        return json
    }

    private static func value(of result: CaseResult) -> JSONValue {
        var json: JSONValue = [
            "id": .string(result.id), "title": .string(result.title), "rules": JSONValue(result.rules.map(\.id)),
            "durationSeconds": seconds(result.duration),
        ]
        switch result.outcome {
        case .passed: json["outcome"] = "passed"
        case .skipped(let reason):
            json["outcome"] = "skipped"
            json["reason"] = .string(reason)
        case .failed(let findings):
            json["outcome"] = "failed"
            json["findings"] = .array(findings.map(value))
        }
        return json
    }

    private static func value(of finding: Finding) -> JSONValue {
        [
            "rule": .string(finding.rule.id), "statement": .string(finding.rule.statement),
            "message": .string(finding.message), "remedy": .string(finding.rule.remedy),
            "calls": .array(finding.exchanges.map(value)),
        ]
    }

    private static func value(of exchange: Exchange) -> JSONValue {
        var json: JSONValue = [
            "callID": .string(exchange.callID), "argument": .string(exchange.argument),
            "request": .string(exchange.request), "reply": .string(exchange.output),
            "stderr": .string(exchange.errorTail), "durationSeconds": seconds(exchange.duration),
        ]
        json["exit"] = exchange.ending.map { .string($0) }
        return json
    }

    private static func seconds(_ duration: Duration) -> JSONValue {
        .number("\(Double(duration.milliseconds) / 1000)")
    }
}
