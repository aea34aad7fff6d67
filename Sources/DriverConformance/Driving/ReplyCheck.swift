import DriverHost
import DriverProtocol
import JSONTree

/// What is wrong with a reply by itself, whatever was asked: the rules that hold for every call.
///
/// A broken reply is read as far as it can be, so that one fault is found once, and not again in every case.
struct ReplyCheck {
    struct Violation: Sendable, Hashable {
        var rule: ConformanceRule
        var message: String
    }

    private(set) var violations: [Violation] = []
    private(set) var reply: DriverReply?

    private let request: DriverRequest?
    private let secrets: Secrets

    /// - Parameter request: `nil` where what was sent is no request.
    init(request: DriverRequest?, secrets: Secrets) {
        self.request = request
        self.secrets = secrets
    }

    /// A process that was run for one call.
    mutating func check(_ ending: TrialEnding, timedOut: Bool, after limit: Duration) {
        checkSecrets(ending.output, in: "standard output")
        checkSecrets(Array(ending.errorText.utf8), in: "standard error")
        if timedOut {
            add(.timeLimit, "it had not ended after \(limit), and was killed")
            return
        }
        if ending.isOutputCut {
            add(.reply, "it wrote more than \(TrialConversation.outputLimit) bytes to standard output")
            return
        }
        read(ending.output, ending: ending.status)
        switch (reply?.status.exitsWithZero, ending.status) {
        case (_, .signaled): add(.reply, "it died: \(ending.status)")
        case (true?, .exited(0)), (nil, _), (_, .unknown): break
        case (true?, let status):
            add(.exitStatus, "it answered \(reply?.status.rawValue ?? "") and ended with \(status)")
        case (false?, .exited(0)):
            add(.exitStatus, "it answered \(reply?.status.rawValue ?? "") and ended with exit status 0")
        case (false?, _): break
        }
    }

    /// One line of a resident driver.
    mutating func check(line: [UInt8]) {
        checkSecrets(line, in: "standard output")
        read(line, ending: nil)
    }

    private mutating func checkSecrets(_ bytes: [UInt8], in place: String) {
        guard let name = secrets.leak(in: bytes) else { return }
        add(.secrets, "the value of the secret \"\(name)\" stands on \(place)")
    }

    private mutating func read(_ output: [UInt8], ending: ExitStatus?) {
        guard output.contains(where: { !Self.isSpace($0) }) else {
            add(.reply, "it wrote nothing to standard output\(ending.map { " (\($0))" } ?? "")")
            return
        }
        do {
            read(try JSONParser.parse(output))
        } catch {
            add(.reply, "what it wrote to standard output is not one JSON object: \(error)")
            if let rescued = Self.rescue(output) { read(rescued) }
        }
    }

    private mutating func read(_ json: JSONValue) {
        let reply: DriverReply
        do {
            reply = try DriverReply(json: json)
        } catch {
            let isAboutError = error.path == "error" || error.path.hasPrefix("error.")
            add(isAboutError ? .errorShape : .replyShape, "\(error)")
            return
        }
        self.reply = reply
        if !ProtocolVersion.isSupported(reply.protocolVersion) {
            add(.replyVersion, "it is written in the protocol version \"\(reply.protocolVersion)\"")
        }
        if let error = reply.error, reply.status == .failure, !Self.codes.contains(error.code) {
            add(.errorShape, "the error code \"\(error.code)\" is none of the specification")
        }
        guard let request else { return }
        if let callID = reply.callID, callID != request.callID {
            add(.replyCallID, "it answered with the callID \"\(callID)\" to the call \"\(request.callID)\"")
        }
        do {
            try reply.checkContent(for: request.verb)
        } catch {
            add(.replyShape, "\(error)")
            self.reply = nil
            return
        }
        checkProvisioned(request, reply)
    }

    private mutating func checkProvisioned(_ request: DriverRequest, _ reply: DriverReply) {
        guard request.verb == .provision, reply.status == .success, let wanted = request.volume, let made = reply.volume
        else { return }
        // Absent means exactly what was asked for.
        guard let size = made.capacityBytes else { return }
        if size < wanted.capacityBytes ?? 0 {
            add(.provisionAnswers, "it made \(size) bytes where \(wanted.capacityBytes ?? 0) were asked for")
        }
        if let limit = wanted.limitBytes, size > limit {
            add(.provisionAnswers, "it made \(size) bytes where at most \(limit) were asked for")
        }
        if let name = made.name, name != wanted.name {
            add(.provisionAnswers, "it answered with the volume \"\(name)\" to a call about \"\(wanted.name)\"")
        }
    }

    private mutating func add(_ rule: ConformanceRule, _ message: String) {
        violations.append(Violation(rule: rule, message: message))
    }

    /// The last JSON object that stands on lines of its own, or the first that others follow: what the driver most
    /// likely meant as its reply.
    static func rescue(_ output: [UInt8]) -> JSONValue? {
        for line in output.split(separator: 0x0A).reversed() {
            if let json = try? JSONParser.parse(line), json["status"] != nil { return json }
        }
        guard let start = output.firstIndex(of: UInt8(ascii: "{")) else { return nil }
        for end in output.indices.reversed() where output[end] == UInt8(ascii: "}") && end > start {
            if let json = try? JSONParser.parse(output[start...end]), json["status"] != nil { return json }
            // Quadratic: not for garbage.
            if output.count - end > 4096 { break }
        }
        return nil
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static let codes: Set<DriverError.Code> = [
        .invalidArgument, .notFound, .alreadyExists, .resourceExhausted, .outOfRange, .aborted, .unavailable,
        .permissionDenied, .unauthenticated, .failedPrecondition, .deadlineExceeded, .cancelled, .internal,
        .unimplemented, .dataLoss, .unknown,
    ]
}
