import Glibc
import JSONTree

/// Does what a script says.
struct Actions: Sendable {
    let plan: Plan
    let verb: String
    let callID: String
    /// A resident driver answers with lines, and must not end with the call.
    let isResident: Bool
    /// Whether the host has given the call up.
    let isCancelled: @Sendable () -> Bool

    /// - Returns: The exit status that fits the last reply.
    func run(_ script: [JSONValue]) -> CInt {
        var status: CInt = 0
        for action in script { run(action, &status) }
        return status
    }

    private func run(_ action: JSONValue, _ status: inout CInt) {
        switch action["do"]?.stringValue ?? "" {
        case "succeed": answer(success, &status)
        case "reply": answer(action["object"] ?? [:], &status)
        case "print": writeAll(1, Array((action["text"]?.stringValue ?? "").utf8))
        case "printBytes":
            let block = [UInt8](repeating: UInt8(ascii: "x"), count: 65536)
            var left = Int(action["count"]?.integerValue ?? 0)
            while left > 0 {
                writeAll(1, Array(block.prefix(left)))
                left -= min(left, block.count)
            }
        case "printForEver":
            while true {
                writeAll(1, Array("x".utf8))
                usleep(10_000)
            }
        case "error": writeAll(2, Array((action["text"]?.stringValue ?? "").utf8))
        case "exit": exit(CInt(action["status"]?.integerValue ?? 0))
        case "die":
            let number = CInt(action["signal"]?.integerValue ?? 9)
            // No core file, and no backtrace of Swift's.
            signal(number, SIG_DFL)
            kill(getpid(), number)
            pauseForEver()
        case "ignore": signal(CInt(action["signal"]?.integerValue ?? 15), SIG_IGN)
        case "hang": pauseForEver()
        case "closeInput": close(0)
        case "closeOutput": close(1)
        case "leaveGrandchild": leaveGrandchild(action["file"]?.stringValue ?? "")
        case "touch":
            let descriptor = open(action["file"]?.stringValue ?? "", O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
            if descriptor >= 0 { close(descriptor) }
        case "waitForFile":
            while access(action["file"]?.stringValue ?? "", F_OK) != 0 { usleep(1000) }
        case "waitForCancel":
            while !isCancelled() { usleep(1000) }
        default:
            writeAll(2, Array("ScriptedDriver: unknown action \(action)\n".utf8))
            exit(71)
        }
    }

    private func answer(_ reply: JSONValue, _ status: inout CInt) {
        var reply = reply
        if reply["callID"] == nil, !callID.isEmpty { reply["callID"] = .string(callID) }
        // One write, so that the lines of calls that run at the same time do not mix.
        writeAll(1, reply.encoded + [0x0A])
        let word = reply["status"]?.stringValue
        status = word == "Success" || word == "Pending" ? 0 : 1
    }

    private func pauseForEver() {
        while true { pause() }
    }

    private func leaveGrandchild(_ pidFile: String) {
        var pid = pid_t()
        let words = ["/bin/sh", "-c", "trap '' TERM HUP; exec sleep 300"]
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { (word: String) in strdup(word) } + [nil]
        defer { for argument in arguments { free(argument) } }
        posix_spawn(&pid, "/bin/sh", nil, nil, arguments, environ)
        let descriptor = open(pidFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        writeAll(descriptor, Array("\(pid)\n".utf8))
        close(descriptor)
    }

    /// What the protocol wants of a success.
    private var success: JSONValue {
        var reply: JSONValue = ["protocol": "1.0", "status": "Success"]
        switch verb {
        case "init":
            var info: JSONObject = [
                "protocolVersions": ["1.0"], "name": "scripted", "version": "1.2.3",
                "capabilities": ["validate", "provision", "delete", "get", "list", "status"],
            ]
            for (key, value) in plan.info { info[key] = value }
            reply["info"] = .object(info)
        case "provision", "get", "expandvolume", "modify":
            reply["volume"] = ["id": "v1", "volumeSource": ["hostPath": ["path": "/scripted/v1"]]]
        case "list": reply["volumes"] = []
        case "listsnapshots": reply["snapshots"] = []
        case "createsnapshot": reply["snapshot"] = ["id": "s1"]
        case "isattached": reply["attached"] = true
        case "waitforattach": reply["device"] = "/dev/scripted"
        default: break
        }
        return reply
    }
}
