import DriverProtocol
import JSONTree

extension ReplyDiagnosis {
    /// A reply of a process that ended by itself, whatever it says.
    func flexVolumeReply(of result: ExchangeResult) throws(DriverCallError) -> FlexVolumeReply {
        try checkEnding(of: result)
        var stderr = result.error.text(scrubber)
        if result.output.isEmpty, stderr.contains("\"status\"") {
            stderr += "\nThe reply must stand on stdout: Kubernetes took both for it, and Berth keeps stderr for logs"
        }
        // Go takes the last of several members of one name.
        let json = try document(
            in: result.output, status: result.status, stderr: stderr, duplicateKeys: .keepLast, excerptLength: 400)
        let reply: FlexVolumeReply
        do throws(ProtocolError) {
            reply = try FlexVolumeReply(json: json)
        } catch {
            throw failure(
                .malformedReply, .internal, "was answered with JSON that is no reply of FlexVolume: \(error)",
                stderr: stderr)
        }
        // A failure with exit status 0 is taken for the failure that it says, as Kubernetes does.
        if reply.status == .success { try checkAgreement(of: result, with: "Success", exitsWithZero: true) }
        return reply
    }

    func notSupported(_ reason: String) -> DriverCallError {
        let detail = reason.isEmpty ? "" : ": \(scrubber.scrub(reason))"
        return DriverCallError(
            .notSupported, .unimplemented, "driver '\(driver)' does not support \(call.verb)\(detail)", driver: driver,
            callID: callID, outcome: .final)
    }

    /// FlexVolume knows no codes, and says nothing of what was done before the failure.
    func flexVolumeFailure(_ word: String, message: String) -> DriverCallError {
        var text = message.isEmpty ? "the driver does not say why" : scrubber.scrub(message)
        if word != "Failure" {
            text +=
                " (its status is \"\(scrubber.scrub(word))\", where FlexVolume has \"Success\", \"Failure\" and \"Not "
                + "supported\")"
        }
        return failed(DriverError(.unknown, text))
    }

    func failed(_ command: [String], _ status: ExitStatus, stderr: String) -> DriverCallError {
        let lines = scrubber.scrub(stderr).split(whereSeparator: \.isNewline).joined(separator: " | ")
        return failed(
            DriverError(
                .internal,
                "the driver has no \(call.verb), and \(scrubber.scrub(command.joined(separator: " "))) ended with "
                    + "\(status): \(lines.suffix(500))"))
    }

    func directoryFailure(_ problem: ExecutableProblem) -> DriverCallError {
        failed(DriverError(.internal, problem.message))
    }

    private func failed(_ error: DriverError) -> DriverCallError {
        DriverCallError(
            .driverFailure, error.code, "driver '\(driver)': \(call.subject) failed: \(error.message)", driver: driver,
            callID: callID, outcome: error.outcome, driverError: error)
    }
}
