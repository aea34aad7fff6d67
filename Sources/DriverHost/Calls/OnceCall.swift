import DriverProtocol
import JSONTree

/// One call of a driver that is started for it: `<driver> <verb>`, the request on stdin.
struct OnceCall: Sendable {
    let spawner: Spawner
    let executable: String
    let environment: DriverEnvironment
    let driver: DriverReference
    let owner: String?
    let limits: ExchangeLimits
    /// Gets the record as the call begins.
    var began: @Sendable (CallRecord) -> Void = { _ in }

    /// - Parameter cancellation: Ends the call when it is signaled, besides the cancellation of the task.
    func run(_ call: DriverCall, timeout: Duration, cancellation: EventDescriptor? = nil) async -> CallOutcome {
        let callID = CallID.next()
        let now = WallClock.now
        let request = call.request(callID: callID, driver: driver, owner: owner, timeout: timeout, now: now)
        let input = request.json.encoded
        var record = CallRecord(starting: request, encoded: input, call: call, at: now)
        began(record)
        let diagnosis = ReplyDiagnosis(driver: driver.name, callID: callID, call: call, timeout: timeout)
        var process = SpawnRequest(
            executable: executable, arguments: [call.verb.rawValue], environment: environment.variables,
            directory: environment.directory, user: environment.user)
        process.purpose = SpawnRequest.Purpose(callID: callID, driver: driver.name)
        let result: ExchangeResult
        do throws(SpawnError) {
            result = try await spawner.exchange(
                process, input: input, deadline: .now + timeout, limits: limits.hiding(diagnosis.scrubber),
                cancellation: cancellation)
        } catch {
            let failure = DriverCallError(
                .notStarted, .unavailable, "driver '\(driver.name)': \(error)", driver: driver.name, callID: callID)
            record.error = failure
            return CallOutcome(result: .failure(failure), record: record)
        }
        record.duration = result.duration
        record.reply = diagnosis.scrubber.scrub(result.output, keeping: CallRecord.maximumReplyBytes)
        record.standardError = result.error.text(diagnosis.scrubber)
        record.status = result.status
        do throws(DriverCallError) {
            return CallOutcome(result: .success(try diagnosis.reply(of: result)), record: record)
        } catch {
            record.error = error
            return CallOutcome(result: .failure(error), record: record)
        }
    }
}

extension CallRecord {
    /// - Parameter encoded: The request as it is sent; without secrets in it, it is recorded as it is.
    init(starting request: DriverRequest, encoded: [UInt8], call: DriverCall, at time: WallClock) {
        self.init(
            callID: request.callID, driver: request.driver.name, verb: request.verb,
            subject: call.snapshot?.name ?? call.volume?.name, startTime: time, duration: .zero,
            request: request.secrets.isEmpty ? encoded : request.redacted.json.encoded, reply: [], standardError: "",
            status: nil, error: nil)
    }
}
