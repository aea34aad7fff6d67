import JSONTree
import KubernetesAPI

/// A call's record for people: a row of a table, or everything about it.
struct CallText {
    let record: JSONValue
    let now: Timestamp

    static let headings = ["CALL", "AGE", "DRIVER", "VERB", "SUBJECT", "TOOK", "RESULT"]
    private static let shortResultLength = 100

    init(_ record: JSONValue, now: Timestamp = .now) {
        self.record = record
        self.now = now
    }

    private func text(_ path: String) -> String { record[path]?.stringValue ?? "" }

    func row(isWide: Bool) -> [String] {
        let result = isWide ? self.result : Event.shortened(self.result, to: Self.shortResultLength)
        return [
            text("callID"), age, text("driver"), text("verb"), record["subject"]?.stringValue ?? "-",
            ReadableDuration.text(microseconds: record["durationMicroseconds"]), result,
        ]
    }

    private var age: String { Timestamp(text("startedAt"))?.humanAge(at: now) ?? "<unknown>" }

    /// The reply's status, or the error's code and message, without what stands in the other columns.
    private var result: String {
        if isRunning { return "running" }
        guard let error = record["error"] else { return record.at("reply", "status")?.stringValue ?? "Success" }
        var message = error["message"]?.stringValue ?? ""
        let verb = text("verb")
        let known = [
            "driver '\(text("driver"))': ", "\(verb) of volume ", "\(verb) of snapshot ", "\(text("subject")) ",
            "failed: ",
        ]
        for beginning in known where message.hasPrefix(beginning) { message.removeFirst(beginning.count) }
        return "\(error["code"]?.stringValue ?? ""): \(message)"
    }

    private var isRunning: Bool { record["running"] == true }

    private var exit: String {
        if isRunning { return "the call is still running" }
        return record["exit"]?.stringValue
            ?? (record.at("error", "reason") == "notStarted" ? "it was not started" : "the resident process goes on")
    }

    /// Everything, over several lines.
    var whole: String {
        var fields = [
            ("Call", text("callID")), ("Driver", text("driver")),
            ("Verb", text("verb") + (record["subject"]?.stringValue.map { " of \($0)" } ?? "")),
            ("Started", "\(text("startedAt")) (\(age) ago)"),
            ("Took", ReadableDuration.text(microseconds: record["durationMicroseconds"])),
            ("Exit", exit),
            ("Host", "berth \(text("hostVersion"))"),
        ]
        if let error = record["error"] {
            fields += [
                ("Error", "\(error["code"]?.stringValue ?? "") (\(error["reason"]?.stringValue ?? ""))"),
                ("Outcome", error["outcome"]?.stringValue ?? ""), ("Message", error["message"]?.stringValue ?? ""),
            ]
        } else {
            fields.append(("Result", isRunning ? "running" : record.at("reply", "status")?.stringValue ?? ""))
        }
        var lines = FieldText.lines(fields)
        lines += ["", "Request:", Self.indented(record["request"] ?? .null)]
        let secrets = record.at("request", "secrets")?.objectValue?.keys ?? []
        if !secrets.isEmpty { lines.append("  The values of secrets are not kept.") }
        let reply = record["reply"] ?? .null
        lines += ["", "Reply:", reply == "" ? "  nothing" : Self.indented(reply)]
        let stderr = text("stderr")
        lines += ["", "Stderr:"]
        lines += stderr.isEmpty ? ["  nothing"] : stderr.split(whereSeparator: \.isNewline).map { "  \($0)" }
        return lines.joined(separator: "\n")
    }

    private static func indented(_ value: JSONValue) -> String {
        // What is no JSON stands there as it came.
        guard let text = value.stringValue else { return "  " + value.prettyPrinted(indentation: 2) }
        return text.split(whereSeparator: \.isNewline).map { "  \($0)" }.joined(separator: "\n")
    }
}

/// `Name:     value`, the values below each other.
enum FieldText {
    static func lines(_ fields: [(name: String, value: String)]) -> [String] {
        let width = (fields.map(\.name.count).max() ?? 0) + 1
        return fields.map { name, value in
            let heading = "\(name):"
            return heading + String(repeating: " ", count: width - heading.count + 2) + value
        }
    }
}

/// Durations as tables show them: `87µs`, `2.3ms`, `120ms`, `12s`.
enum ReadableDuration {
    static func text(microseconds: JSONValue?) -> String {
        guard let microseconds = microseconds?.integerValue else { return "-" }
        if microseconds < 1000 { return "\(microseconds)µs" }
        let milliseconds = Double(microseconds) / 1000
        if milliseconds < 10 { return "\((milliseconds * 10).rounded() / 10)ms" }
        return milliseconds < 10_000 ? "\(Int(milliseconds.rounded()))ms" : "\(Int((milliseconds / 1000).rounded()))s"
    }
}
