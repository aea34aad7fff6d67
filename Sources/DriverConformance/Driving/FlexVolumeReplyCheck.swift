import DriverHost
import DriverProtocol
import JSONTree

/// What is wrong with a FlexVolume driver's reply by itself, whatever was asked.
struct FlexVolumeReplyCheck {
    private(set) var violations: [ReplyCheck.Violation] = []
    private(set) var reply: FlexVolumeReply?
    private let secrets: Secrets

    init(secrets: Secrets) { self.secrets = secrets }

    mutating func check(_ ending: TrialEnding, timedOut: Bool, after limit: Duration) {
        for (bytes, place) in [(ending.output, "output"), (Array(ending.errorText.utf8), "error")] {
            guard let name = secrets.leak(in: bytes) else { continue }
            add(.flexVolumeSecrets, "the value of the secret \"\(name)\" stands on standard \(place)")
        }
        if timedOut {
            add(.flexVolumeTimeLimit, "it had not ended after \(limit), and was killed")
            return
        }
        guard !ending.isOutputCut else {
            add(.flexVolumeReply, "it wrote more than \(TrialConversation.outputLimit) bytes to standard output")
            return
        }
        read(ending.output, ending: ending.status)
        switch ending.status {
        case .exited(0), .unknown: break
        case .signaled: add(.flexVolumeReply, "it died: \(ending.status)")
        case .exited:
            guard reply?.status == .success else { break }
            add(.flexVolumeExitStatus, "it answered Success and ended with \(ending.status)")
        }
    }

    private mutating func read(_ output: [UInt8], ending: ExitStatus) {
        guard output.contains(where: { !ReplyCheck.isSpace($0) }) else {
            add(.flexVolumeReply, "it wrote nothing to standard output (\(ending))")
            return
        }
        do {
            read(try JSONParser.parse(output, duplicateKeys: .keepLast))
        } catch {
            add(.flexVolumeReply, "what it wrote to standard output is not one JSON object: \(error)")
            if let rescued = ReplyCheck.rescue(output) { read(rescued) }
        }
    }

    private mutating func read(_ json: JSONValue) {
        do {
            reply = try FlexVolumeReply(json: json)
        } catch {
            add(.flexVolumeReply, "\(error)")
        }
        if case .failure(let word)? = reply?.status, word != "Failure" {
            add(.flexVolumeReply, "the status \"\(word)\" is none of FlexVolume")
        }
    }

    private mutating func add(_ rule: ConformanceRule, _ message: String) {
        violations.append(ReplyCheck.Violation(rule: rule, message: message))
    }
}

extension FlexVolumeReply {
    /// In the words in which the suite's cases and its clean-up read replies.
    func asDriverReply(to request: DriverRequest) -> DriverReply {
        switch status {
        case .success: translated(to: request, capabilities: capabilities)
        case .notSupported: .notSupported(message, callID: request.callID)
        case .failure: .failure(DriverError(.unknown, message), callID: request.callID)
        }
    }
}
