import DriverProtocol
import JSONTree

/// One call of a FlexVolume driver under way, and what is noted of it.
struct FlexVolumeAttempt {
    let request: DriverRequest
    let diagnosis: ReplyDiagnosis
    let deadline: ContinuousClock.Instant
    let cancellation: EventDescriptor?
    private(set) var record: CallRecord
    /// What the driver has declared, once it has answered `init`.
    var capabilities: FlexVolumeCapabilities?

    init(
        _ request: DriverRequest, record: CallRecord, diagnosis: ReplyDiagnosis,
        deadline: ContinuousClock.Instant, cancellation: EventDescriptor?
    ) {
        self.request = request
        self.record = record
        self.diagnosis = diagnosis
        self.deadline = deadline
        self.cancellation = cancellation
    }

    /// The request stands in the record together with the arguments that were made of it.
    mutating func note(_ callout: FlexVolumeCallout) {
        var json = request.redacted.json
        json["argv"] = JSONValue(callout.recordedArguments.map { diagnosis.scrubber.scrub($0) })
        record.request = json.encoded
    }

    /// Of a driver and of what was done in its place the outputs follow each other.
    mutating func note(_ result: ExchangeResult) {
        record.status = result.status
        record.reply += diagnosis.scrubber.scrub(result.output, keeping: CallRecord.maximumReplyBytes)
        record.standardError += result.error.text(diagnosis.scrubber)
    }

    mutating func note(_ error: DriverCallError?, duration: Duration) {
        record.error = error
        record.duration = duration
    }

    func prepare(_ target: FlexVolumeTarget) throws(DriverCallError) -> String? {
        do throws(ExecutableProblem) {
            return try target.prepare(.current())
        } catch {
            throw diagnosis.directoryFailure(error)
        }
    }

    func finish(_ target: FlexVolumeTarget) throws(DriverCallError) {
        do throws(ExecutableProblem) {
            try target.finish()
        } catch {
            throw diagnosis.directoryFailure(error)
        }
    }
}
