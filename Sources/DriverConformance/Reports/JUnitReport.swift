/// XML in the form that CI servers have in common: one testsuite, a testcase for each case.
enum JUnitReport {
    static func text(of report: ConformanceReport) -> String {
        let counts = report.counts
        var lines = [
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
            "<testsuites>",
            "  <testsuite name=\"\(escaped(report.driver ?? report.executable))\" tests=\"\(report.results.count)\" "
                + "failures=\"\(counts.failed)\" errors=\"\(report.isInterrupted ? 1 : 0)\" skipped=\"\(counts.skipped)\" "
                + "time=\"\(seconds(report.duration))\">",
            "    <properties><property name=\"seed\" value=\"\(report.seed)\"/></properties>",
        ]
        for result in report.results {
            let topic = result.id.split(separator: "/").first.map(String.init) ?? ""
            let opening =
                "    <testcase classname=\"driver.\(escaped(topic))\" name=\"\(escaped("\(result.id): \(result.title)"))\" "
                + "time=\"\(seconds(result.duration))\""
            switch result.outcome {
            case .passed: lines.append(opening + "/>")
            case .skipped(let reason):
                lines.append(opening + "><skipped message=\"\(escaped(reason))\"/></testcase>")
            case .failed(let findings):
                lines.append(opening + ">")
                // Readers of this format take one failure of a case: the others stand in its text.
                let message = findings.map { "\($0.rule.id): \($0.message)" }.joined(separator: "; ")
                let text = findings.flatMap { $0.lines + [""] }.joined(separator: "\n")
                lines.append(
                    "      <failure type=\"\(findings.first?.rule.id ?? "")\" message=\"\(escaped(message))\">\(escaped(text))</failure>"
                )
                lines.append("    </testcase>")
            }
        }
        return (lines + ["  </testsuite>", "</testsuites>", ""]).joined(separator: "\n")
    }

    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
    }

    /// Control characters have no form in XML 1.0, not even an escaped one.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\n": result += "&#10;"
            case "\t": result += "&#9;"
            case _ where scalar.value < 0x20 || (0xFFFE...0xFFFF).contains(scalar.value): result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
