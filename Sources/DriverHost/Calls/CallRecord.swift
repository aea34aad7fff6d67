public import DriverProtocol
public import JSONTree

/// One call of a driver, kept for whoever asks later what happened. Free of secrets.
public struct CallRecord: Sendable, Hashable {
    public var callID: String
    public var driver: String
    public var verb: Verb
    /// The volume or snapshot that the call was about.
    public var subject: String?
    var startTime: WallClock
    public var duration: Duration
    /// The request as it was sent, as JSON, with the values of secrets removed.
    public var request: [UInt8]
    /// What the driver wrote on stdout, at most ``maximumReplyBytes`` of it.
    public var reply: [UInt8]
    public var standardError: String
    /// How the process ended; `nil` for a call of a resident driver that goes on.
    public var status: ExitStatus?
    /// `nil` when the call succeeded.
    public var error: DriverCallError?
    /// Whether the call is still under way: there is no reply yet, and ``duration`` is the time so far.
    public var isRunning = false
    /// The version of the host that made the call.
    public var hostVersion = DriverHost.version
    /// Counts the records of a host, from 1, in the order in which the calls ended; 0 for those of an earlier one.
    public var number: UInt64 = 0

    static let maximumReplyBytes = 64 << 10

    /// As it is now, before the call has ended.
    var soFar: CallRecord {
        var record = self
        record.isRunning = true
        record.duration = .milliseconds(max(0, WallClock.now.milliseconds - startTime.milliseconds))
        return record
    }

    /// RFC 3339 in UTC.
    public var startedAt: String { startTime.rfc3339 }

    /// What it takes to keep the record, about.
    var weight: Int {
        request.count + reply.count + standardError.utf8.count + (error?.message.utf8.count ?? 0) + 512
    }

    public var json: JSONValue {
        var json: JSONValue = [
            "callID": .string(callID), "driver": .string(driver), "verb": .string(verb.rawValue),
            "startedAt": .string(startedAt), "durationMicroseconds": .integer(duration.microseconds),
            "request": (try? JSONParser.parse(request)) ?? .null,
            "reply": (try? JSONParser.parse(reply)) ?? .string(String(decoding: reply, as: UTF8.self)),
            "stderr": .string(standardError), "hostVersion": .string(hostVersion), "number": .integer(Int64(number)),
        ]
        if isRunning { json["running"] = true }
        if let subject { json["subject"] = .string(subject) }
        if let status { json["exit"] = .string(status.description) }
        if let error {
            json["error"] = [
                "reason": .string(error.reason.rawValue), "code": .string(error.code.rawValue),
                "message": .string(error.message), "outcome": .string(error.outcome.rawValue),
            ]
        }
        return json
    }
}

extension CallRecord {
    /// The names of the secrets that the request had.
    public var secretNames: [String] {
        ((try? JSONParser.parse(request))?["secrets"]?.objectValue?.keys ?? []).sorted()
    }

    /// The same call once more.
    ///
    /// - Parameter secrets: Their values are in no record.
    /// - Throws: ``ProtocolError`` for a request that a later version of the host wrote.
    public func repeated(secrets: [String: String]) throws(ProtocolError) -> DriverCall {
        let json: JSONValue
        do throws(JSONParseError) {
            json = try JSONParser.parse(request)
        } catch {
            throw ProtocolError(path: "request", expected: "a JSON object", found: "\(error)")
        }
        var call = DriverCall(repeating: try DriverRequest(json: json))
        call.secrets = secrets
        return call
    }

    /// The identity that the host gave to the driver.
    public var owner: String? { (try? JSONParser.parse(request))?["owner"]?.stringValue }
}

/// What a call came to, and its record.
public struct CallOutcome: Sendable {
    /// A reply of the status `Success` or `Pending`, or why there is none.
    public var result: Result<DriverReply, DriverCallError>
    public var record: CallRecord
    /// Calls that failed by one and the same event, as by the end of a resident driver, have the same number.
    var incident: UInt64?

    /// Whether the driver was started or sent anything, or was tried to.
    var wasMade: Bool {
        guard case .failure(let error) = result else { return true }
        return error.reachedDriver || error.reason == .notStarted
    }
}
