import DriverProtocol
import JSONTree

/// A record as ``CallJournal`` keeps it: one line of JSON. The request goes in as the bytes that it is, the reply as
/// text, since it may be anything.
extension CallRecord {
    var line: [UInt8] {
        var head: JSONObject = [
            "callID": .string(callID), "driver": .string(driver), "verb": .string(verb.rawValue),
            "startedMilliseconds": .integer(startTime.milliseconds), "microseconds": .integer(duration.microseconds),
            "hostVersion": .string(hostVersion),
        ]
        if let subject { head["subject"] = .string(subject) }
        switch status {
        case .exited(let status): head["exited"] = .integer(Int64(status))
        case .signaled(let signal): head["signaled"] = .integer(Int64(signal))
        case .unknown(let errorNumber): head["errorNumber"] = .integer(Int64(errorNumber))
        case nil: break
        }
        if let error {
            head["error"] = [
                "reason": .string(error.reason.rawValue), "code": .string(error.code.rawValue),
                "message": .string(error.message), "outcome": .string(error.outcome.rawValue),
            ]
        }
        if !standardError.isEmpty { head["stderr"] = .string(standardError) }
        if !reply.isEmpty { head["reply"] = .string(String(decoding: reply, as: UTF8.self)) }
        var writer = JSONWriter(capacity: weight)
        writer.write(raw: JSONValue.object(head).encoded.dropLast())
        writer.write(raw: ",\"request\":")
        writer.write(raw: request)
        writer.write(raw: "}\n")
        return writer.bytes
    }

    /// - Returns: `nil` for what is no whole line, as a crash of the machine leaves one.
    init?(line: some Collection<UInt8>) {
        guard let json = try? JSONParser.parse(line), let callID = json["callID"]?.stringValue,
            let driver = json["driver"]?.stringValue, let verb = json["verb"]?.stringValue,
            let started = json["startedMilliseconds"]?.integerValue, let request = json["request"]
        else { return nil }
        var error: DriverCallError?
        if let json = json["error"] {
            error = DriverCallError(
                DriverCallError.Reason(rawValue: json["reason"]?.stringValue ?? ""),
                DriverError.Code(rawValue: json["code"]?.stringValue ?? ""), json["message"]?.stringValue ?? "",
                driver: driver, callID: callID,
                outcome: json["outcome"]?.stringValue.flatMap(DriverError.Outcome.init(rawValue:)) ?? .unknown)
        }
        self.init(
            callID: callID, driver: driver, verb: Verb(rawValue: verb), subject: json["subject"]?.stringValue,
            startTime: WallClock(milliseconds: started),
            duration: .microseconds(json["microseconds"]?.integerValue ?? 0), request: request.encoded,
            reply: Array((json["reply"]?.stringValue ?? "").utf8), standardError: json["stderr"]?.stringValue ?? "",
            status: Self.status(json), error: error, hostVersion: json["hostVersion"]?.stringValue ?? "")
    }

    private static func status(_ json: JSONValue) -> ExitStatus? {
        func number(_ key: String) -> Int32? { json[key]?.integerValue.map(Int32.init(clamping:)) }
        return number("exited").map { .exited($0) } ?? number("signaled").map { .signaled($0) }
            ?? number("errorNumber").map { .unknown(errorNumber: $0) }
    }
}
