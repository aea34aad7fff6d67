import Glibc
import JSONTree

/// A whole driver that keeps every rule of the specification but the one that it is told to break.
///
/// Its volumes are directories below its working directory.
struct FaultyDriver: Sendable {
    let fault: Fault
    let store = FaultyStore()
    let isResident: Bool

    static let unit: Int64 = 1 << 20
    static let minimum: Int64 = 2 << 20
    static let maximum: Int64 = 1 << 40

    /// `<driver> <verb>`.
    func runOnce(verb: String) -> Never {
        if fault.breaks("R-TERM-1") {
            signal(SIGTERM) { _ in sleep(30) }
            // Most of a call's time, so that a signal within it comes when the handler is there.
            usleep(50_000)
        }
        guard Self.verbs.contains(verb), !isHidden(verb) else { finish(unknownVerb(verb)) }
        var input = readToEnd(0)
        if fault.breaks("R-RUN-8") { input = Array(input.prefix(65536)) }
        finish(reply(to: input, verb: verb))
    }

    private func reply(to input: [UInt8], verb: String) -> JSONValue {
        do {
            guard let request = try? JSONParser.parse(input), request.objectValue != nil else {
                throw Refusal("INVALID_ARGUMENT", "that is no JSON object")
            }
            guard request["verb"]?.stringValue == verb else {
                throw Refusal("INVALID_ARGUMENT", "the request is for another verb", field: "verb")
            }
            return answer(request, verb: verb)
        } catch let refusal as Refusal {
            return failure(
                fault.breaks("R-RUN-6") ? Refusal("INTERNAL", refusal.message) : refusal, callID: nil)
        } catch {
            return failure(Refusal("INTERNAL", "\(error)"), callID: nil)
        }
    }

    /// What a request is answered with, in whichever way it came.
    func answer(_ request: JSONValue, verb: String) -> JSONValue {
        let callID = request["callID"]?.stringValue
        guard Self.verbs.contains(verb), !isHidden(verb) else {
            var reply = unknownVerb(verb)
            reply["callID"] = callID.map { .string($0) }
            return reply
        }
        do {
            try check(request)
            leakSecrets(of: request)
            var reply: JSONValue = ["protocol": "1.0", "status": "Success"]
            reply["callID"] = callID.map { .string($0) }
            for (key, value) in try run(verb, request) { reply[key] = value }
            return reply
        } catch let refusal as Refusal {
            return failure(refusal, callID: callID)
        } catch {
            return failure(Refusal("INTERNAL", "\(error)"), callID: callID)
        }
    }

    func failure(_ refusal: Refusal, callID: String?) -> JSONValue {
        var error: JSONValue = [
            "code": .string(refusal.code), "message": .string(fault.breaks("R-ERR-1") ? "" : refusal.message),
        ]
        error["field"] = refusal.field.map { .string($0) }
        var reply: JSONValue = ["protocol": "1.0", "status": "Failure", "error": error]
        reply["callID"] = callID.map { .string($0) }
        return reply
    }

    private func unknownVerb(_ verb: String) -> JSONValue {
        fault.breaks("R-RUN-7")
            ? failure(Refusal("UNIMPLEMENTED", "there is no verb \(verb)"), callID: nil)
            : ["protocol": "1.0", "status": "Not supported"]
    }

    private func finish(_ reply: JSONValue) -> Never {
        var reply = reply
        if fault.breaks("R-RUN-4") { reply["callID"] = "of-another-call" }
        if fault.breaks("R-VERS-1") { reply["protocol"] = "2.0" }
        if fault.breaks("R-RUN-1/crash"), reply["stats"] != nil {
            signal(SIGSEGV, SIG_DFL)  // without Swift's backtrace, which goes on after a signal that somebody sent
            raise(SIGSEGV)
        }
        if fault.breaks("R-RUN-1/nothing"), reply["stats"] != nil { exit(0) }
        if fault.breaks("R-RUN-1") { writeAll(1, Array("working on it\n".utf8)) }
        writeAll(1, reply.encoded + [0x0A])
        if fault.breaks("R-RUN-1/twice") { writeAll(1, reply.encoded + [0x0A]) }
        let isFailure = reply["status"]?.stringValue != "Success"
        if fault.breaks("R-RUN-2/success"), !isFailure { exit(3) }
        exit(isFailure && !fault.breaks("R-RUN-2") ? 1 : 0)
    }

    /// What is wrong with a request whatever its verb is.
    private func check(_ request: JSONValue) throws {
        let version = request["protocol"]?.stringValue ?? "1.0"
        if !version.hasPrefix("1."), !fault.breaks("R-VERS-2") {
            throw Refusal("INVALID_ARGUMENT", "protocol \(version) is not spoken here", field: "protocol")
        }
        if fault.breaks("R-RUN-5"), request["futureMember"] != nil {
            throw Refusal("INVALID_ARGUMENT", "a member is unknown", field: "futureMember")
        }
        if let volume = request["volume"], volume.objectValue == nil {
            throw Refusal("INVALID_ARGUMENT", "volume is no object", field: "volume")
        }
        guard let name = request["volume"]?["name"]?.stringValue else { return }
        let isTame = name.utf8.allSatisfy { byte in
            (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x2E
        }
        if !isTame || name.hasPrefix("."), !fault.breaks("R-NAME-2") {
            throw Refusal("INVALID_ARGUMENT", "that is no name", field: "volume.name")
        }
        if name.contains("."), fault.breaks("R-NAME-1") {
            throw Refusal("INVALID_ARGUMENT", "a name has no dots here", field: "volume.name")
        }
    }

    private func leakSecrets(of request: JSONValue) {
        let secrets = request["secrets"]?.stringDictionary ?? [:]
        guard let secret = secrets.values.max() else { return }
        if fault.breaks("R-SECRET-1") { writeAll(2, Array("logging in with \(secret)\n".utf8)) }
        if fault.breaks("R-SECRET-1/argv") {
            var pid = pid_t()
            let words = ["/bin/sh", "-c", "sleep 0.05; exit 0", secret]
            let arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) } + [nil]
            defer { for argument in arguments { free(argument) } }
            posix_spawn(&pid, "/bin/sh", nil, nil, arguments, environ)
            waitpid(pid, nil, 0)
        }
    }

    private func isHidden(_ verb: String) -> Bool { fault.breaks("R-INIT-5") && verb == "modify" }
}
