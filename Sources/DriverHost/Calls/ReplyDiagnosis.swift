import DriverProtocol
import Glibc
import JSONTree

/// Decides what a call came to, from everything that the driver left behind: stdout, then stderr, then the exit status.
///
/// Pure. The host trusts nothing: whatever is not one whole reply that agrees with the exit status leaves the outcome
/// unknown.
struct ReplyDiagnosis {
    let driver: String
    let callID: String
    let call: DriverCall
    let timeout: Duration
    let scrubber: SecretScrubber

    /// - Parameter scrubber: Knows all secrets that the driver was given; `nil`: those of the call only.
    init(driver: String, callID: String, call: DriverCall, timeout: Duration, scrubber: SecretScrubber? = nil) {
        self.driver = driver
        self.callID = callID
        self.call = call
        self.timeout = timeout
        self.scrubber = scrubber ?? SecretScrubber(call.secrets)
    }

    /// - Throws: ``DriverCallError`` for everything but `Success` and `Pending`.
    func reply(of result: ExchangeResult) throws(DriverCallError) -> DriverReply {
        try checkEnding(of: result)
        let stderr = result.error.text(scrubber)
        let reply = try parse(
            result.output, status: result.status, hasReadRequest: !result.closedInputEarly, stderr: stderr)
        try checkAgreement(of: result, with: reply.status.rawValue, exitsWithZero: reply.status.exitsWithZero)
        return try judge(reply, stderr: stderr)
    }

    /// - Throws: ``DriverCallError`` when the process did not end by itself.
    func checkEnding(of result: ExchangeResult) throws(DriverCallError) {
        let stderr = result.error.text(scrubber)
        switch result.cause {
        case .deadline:
            throw failure(
                .deadline, .deadlineExceeded,
                "was not done within \(timeout.readable); the driver was ended (\(howItEnded(result)))", stderr: stderr)
        case .cancelled:
            throw failure(
                .cancelled, .cancelled, "was given up; the driver was ended (\(howItEnded(result)))", stderr: stderr)
        case .stuck:
            throw failure(
                .deadline, .deadlineExceeded,
                "was not done within \(timeout.readable), and not even SIGKILL ends the driver: the kernel holds it, as "
                    + "it does while a disk or a server that it uses is dead", stderr: stderr)
        case .outputLimit:
            throw failure(
                .oversizedReply, .internal,
                "printed more than \(result.output.count) bytes on stdout; the driver was ended. A reply is one JSON "
                    + "object; logs belong on stderr", stderr: stderr)
        case .ended: break
        }
        if case .signaled(let signal) = result.status {
            throw failure(.crashed, .internal, "died: the driver was killed by \(signalName(signal))", stderr: stderr)
        }
    }

    /// - Throws: ``DriverCallError`` when the reply says that all is well, and the exit status does not.
    func checkAgreement(
        of result: ExchangeResult, with status: String, exitsWithZero: Bool
    ) throws(DriverCallError) {
        guard exitsWithZero, result.status != .exited(0) else { return }
        throw failure(
            .contradiction, .internal,
            "printed the status \"\(status)\" but ended with \(result.status). The two must agree: a driver that succeeds "
                + "exits with 0", stderr: result.error.text(scrubber))
    }

    /// What a well-formed reply means, whichever way it came.
    func judge(_ reply: DriverReply, stderr: String) throws(DriverCallError) -> DriverReply {
        if let answered = reply.callID, answered != callID {
            throw failure(
                .malformedReply, .internal,
                "was answered with the callID \"\(scrubber.scrub(answered))\" of another call", stderr: stderr)
        }
        guard ProtocolVersion.isSupported(reply.protocolVersion) else {
            throw failure(
                .malformedReply, .internal,
                "was answered in protocol version \(scrubber.scrub(reply.protocolVersion)); this host speaks "
                    + ProtocolVersion.current, stderr: stderr)
        }
        switch reply.status {
        case .success, .pending:
            do {
                try reply.checkContent(for: call.verb)
            } catch {
                throw failure(.malformedReply, .internal, "was answered without content: \(error)", stderr: stderr)
            }
            var reply = reply
            // What people are shown, in events and annotations.
            reply.message = reply.message.map { scrubber.scrub($0) }
            if let phase = reply.progress?.phase { reply.progress?.phase = scrubber.scrub(phase) }
            if let message = reply.stats?.message { reply.stats?.message = scrubber.scrub(message) }
            return reply
        case .notSupported:
            let detail = reply.message.map { ": \(scrubber.scrub($0))" } ?? ""
            throw DriverCallError(
                .notSupported, .unimplemented, "driver '\(driver)' does not support \(call.verb)\(detail)",
                driver: driver, callID: callID, outcome: .final)
        case .failure:
            // DriverReply does not parse a Failure without an error.
            var error = reply.error ?? DriverError(.unknown, "failed without saying why")
            error.message = scrubber.scrub(error.message)
            error.field = error.field.map { scrubber.scrub($0) }
            error.code = DriverError.Code(rawValue: scrubber.scrub(error.code.rawValue))
            throw DriverCallError(
                .driverFailure, error.code, "driver '\(driver)': \(call.subject) failed: \(error.message)",
                driver: driver, callID: callID, outcome: error.outcome, retryAfter: error.retryAfter, driverError: error
            )
        }
    }

    /// - Parameter problem: Continues a sentence that begins with the call, as "died: …".
    func failure(
        _ reason: DriverCallError.Reason, _ code: DriverError.Code, _ problem: String, stderr: String
    ) -> DriverCallError {
        DriverCallError(
            reason, code, "driver '\(driver)': \(call.subject) \(scrubber.scrub(problem))\(tail(of: stderr))",
            driver: driver, callID: callID)
    }

    private func parse(
        _ output: [UInt8], status: ExitStatus, hasReadRequest: Bool, stderr: String
    ) throws(DriverCallError) -> DriverReply {
        let json = try document(in: output, status: status, hasReadRequest: hasReadRequest, stderr: stderr)
        do {
            return try DriverReply(json: json)
        } catch {
            throw notAReply(error, stderr: stderr)
        }
    }

    /// The one JSON document on stdout.
    ///
    /// - Parameter excerptLength: So much of stdout stands in the error as well.
    func document(
        in output: [UInt8], status: ExitStatus, hasReadRequest: Bool = true, stderr: String,
        duplicateKeys: JSONParser.DuplicateKeys = .reject, excerptLength: Int = 0
    ) throws(DriverCallError) -> JSONValue {
        guard output.contains(where: { !Self.whitespace.contains($0) }) else {
            throw failure(
                .noReply, .internal,
                "got no reply: the driver ended with \(status) and printed nothing on stdout"
                    + (hasReadRequest ? "" : ", and had not read its request on stdin to the end"), stderr: stderr)
        }
        do throws(JSONParseError) {
            return try JSONParser.parse(output, duplicateKeys: duplicateKeys)
        } catch {
            let printed = excerptLength > 0 ? ". stdout: \"\(excerpt(output, length: excerptLength))\"" : ""
            throw failure(.malformedReply, .internal, explain(error, output, status: status) + printed, stderr: stderr)
        }
    }

    func notAReply(_ error: ProtocolError, stderr: String) -> DriverCallError {
        failure(
            .malformedReply, .internal,
            "was answered with JSON that is no reply of the protocol: \(scrubber.scrub("\(error)"))", stderr: stderr)
    }

    private func explain(_ error: JSONParseError, _ output: [UInt8], status: ExitStatus) -> String {
        let beginning = "\"\(excerpt(output))\""
        if error.code == .trailingBytes, isJSON(afterFirstDocumentOf: output) {
            return "was answered twice: stdout holds two JSON documents. A driver prints one reply"
        }
        if error.code == .trailingBytes {
            return "printed something behind its reply on stdout (\(error)). Logs belong on stderr"
        }
        if output.first(where: { !Self.whitespace.contains($0) }) == UInt8(ascii: "{") {
            return "was answered with a reply that is broken or cut off (\(error)); the driver ended with \(status)"
        }
        return "printed what is no JSON on stdout, beginning with \(beginning) (\(error)). Logs belong on stderr"
    }

    /// Whether a second document follows the first: then the driver answered twice, rather than printed some words.
    private func isJSON(afterFirstDocumentOf output: [UInt8]) -> Bool {
        var depth = 0
        var inString = false
        var isEscaped = false
        for (position, byte) in output.enumerated() {
            if inString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 {
                    return output[(position + 1)...].first { !Self.whitespace.contains($0) } == UInt8(ascii: "{")
                }
            default: break
            }
        }
        return false
    }

    private func howItEnded(_ result: ExchangeResult) -> String {
        switch result.signalSent {
        case SIGKILL: "it ignored SIGTERM and got SIGKILL"
        case let signal?: "\(signalName(signal)), \(result.status)"
        case nil: "\(result.status)"
        }
    }

    private func excerpt(_ bytes: [UInt8], length: Int = 80) -> String {
        let text = String(decoding: scrubber.scrub(bytes, keeping: 4 * length), as: UTF8.self).prefix(length)
        return String(text.map { $0.isNewline || $0.asciiValue.map { $0 < 32 } == true ? " " : $0 })
    }

    /// The last lines of stderr, which most often name the cause.
    private func tail(of stderr: String) -> String {
        let lines = scrubber.scrub(stderr).split(whereSeparator: \.isNewline).suffix(3)
        guard !lines.isEmpty else { return "" }
        let text = lines.joined(separator: " | ")
        return ". stderr: " + (text.utf8.count > 500 ? "…" + String(text.suffix(500)) : text)
    }

    private static let whitespace: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
}
