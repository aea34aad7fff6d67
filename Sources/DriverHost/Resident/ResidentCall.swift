import DriverProtocol
import JSONTree

/// One call of a resident driver.
struct ResidentCall: Sendable {
    let connection: ResidentConnection
    let driver: DriverReference
    let owner: String?
    /// Gets the record as the call begins.
    var began: @Sendable (CallRecord) -> Void = { _ in }

    func run(_ call: DriverCall, timeout: Duration) async -> CallOutcome {
        let callID = CallID.next()
        let now = WallClock.now
        let start = ContinuousClock.now
        let request = call.request(callID: callID, driver: driver, owner: owner, timeout: timeout, now: now)
        let encoded = request.json.encoded
        var record = CallRecord(starting: request, encoded: encoded, call: call, at: now)
        began(record)
        let (answer, error) = await connection.exchange(
            callID, line: encoded, key: call.serializationKey, secrets: call.secrets, deadline: start + timeout)
        var scrubber = connection.scrubber
        scrubber.add(call.secrets.values)
        record.duration = start.duration(to: .now)
        record.standardError = error
        if case .reply(let line) = answer {
            record.reply = scrubber.scrub(line.bytes, keeping: CallRecord.maximumReplyBytes)
        }
        var incident: UInt64?
        if case .ended(let ending) = answer {
            record.status = ending.status
            incident = connection.id
        }
        let diagnosis = ReplyDiagnosis(
            driver: driver.name, callID: callID, call: call, timeout: timeout, scrubber: scrubber)
        do throws(DriverCallError) {
            let reply = try diagnosis.reply(of: answer, stderr: error)
            return CallOutcome(result: .success(reply), record: record)
        } catch {
            record.error = error
            return CallOutcome(result: .failure(error), record: record, incident: incident)
        }
    }
}

extension ReplyDiagnosis {
    /// - Throws: ``DriverCallError`` for everything but `Success` and `Pending`.
    func reply(of answer: ResidentAnswer, stderr: String) throws(DriverCallError) -> DriverReply {
        switch answer {
        case .reply(let line):
            let reply: DriverReply
            do {
                reply = try DriverReply(json: line.json)
            } catch {
                throw notAReply(error, stderr: stderr)
            }
            return try judge(reply, stderr: stderr)
        case .deadline:
            throw failure(
                .deadline, .deadlineExceeded, "was not answered within \(timeout.readable), nor after it was cancelled",
                stderr: stderr)
        case .cancelled:
            throw failure(.cancelled, .cancelled, "was given up; the driver has not answered to that", stderr: stderr)
        case .ended(let ending):
            throw ended(ending, stderr: stderr)
        case .notSent:
            throw DriverCallError(
                .retired, .unavailable, "driver '\(driver)': \(call.subject) was not sent, since the process is ending",
                driver: driver)
        case .heldUp(let other):
            throw DriverCallError(
                .busy, .aborted,
                "driver '\(driver)': \(call.subject) was not begun: an earlier call about it (\(other)) was given up, and the "
                    + "driver has not answered that yet", driver: driver, retryAfter: .seconds(1))
        }
    }

    private func ended(_ ending: ResidentEnding, stderr: String) -> DriverCallError {
        let what = "was in flight when the resident driver ended: \(ending)"
        switch ending.cause {
        case .ended, .closedOutput: return failure(.crashed, .internal, what, stderr: stderr)
        case .unresponsive: return failure(.deadline, .deadlineExceeded, what, stderr: stderr)
        case .toldTo: return failure(.cancelled, .cancelled, what, stderr: stderr)
        case .malformedLine: return failure(.malformedReply, .internal, what, stderr: stderr)
        case .oversizedLine: return failure(.oversizedReply, .internal, what, stderr: stderr)
        case .notStarted(let reason):
            return DriverCallError(
                .notStarted, .unavailable, "driver '\(driver)': \(reason)", driver: driver, callID: callID)
        }
    }
}
