import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

/// A driver that answers a provision as none may, and what its author reads.
struct Misbehaviour: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var actions: [ScriptedDriverPlan.Action]
    var reason: DriverCallError.Reason
    /// Behind "driver 'x': provision of volume pvc-1 ".
    var message: String

    static let success: JSONValue = [
        "protocol": "1.0", "status": "Success", "volume": ["id": "v", "volumeSource": ["hostPath": ["path": "/v"]]],
    ]

    static let all: [Misbehaviour] = [
        Misbehaviour(
            testDescription: "exits 0 with nothing", actions: [.exit(0)], reason: .noReply,
            message: "got no reply: the driver ended with exit status 0 and printed nothing on stdout"),
        Misbehaviour(
            testDescription: "exits 3 with words on stderr only",
            actions: [.error("mkdir: permission denied\n"), .exit(3)], reason: .noReply,
            message: "got no reply: the driver ended with exit status 3 and printed nothing on stdout. "
                + "stderr: mkdir: permission denied"),
        Misbehaviour(
            testDescription: "exits 1 with Success", actions: [.reply(success), .exit(1)], reason: .contradiction,
            message: "printed the status \"Success\" but ended with exit status 1. The two must agree: a driver that "
                + "succeeds exits with 0"),
        Misbehaviour(
            testDescription: "prints garbage", actions: [.print("mounting…\nok\n"), .exit(0)], reason: .malformedReply,
            message:
                "printed what is no JSON on stdout, beginning with \"mounting… ok \" (line 1, column 1: unexpected 'm' "
                + "where a value is expected). Logs belong on stderr"),
        Misbehaviour(
            testDescription: "prints a log line before the reply",
            actions: [.print("[info] done\n"), .reply(success)], reason: .malformedReply,
            message: "printed what is no JSON on stdout, beginning with \"[info] done {\"protocol\":\"1.0\","
                + "\"status\":\"Success\",\"volume\":{\"id\":\"v\",\"volumeSourc\" (line 1, column 2: unexpected 'i' where a "
                + "value is expected). Logs belong on stderr"),
        Misbehaviour(
            testDescription: "prints a log line behind the reply", actions: [.reply(success), .print("done\n")],
            reason: .malformedReply,
            message:
                "printed something behind its reply on stdout (line 2, column 1: unexpected 'd' after the end of the "
                + "JSON document). Logs belong on stderr"),
        Misbehaviour(
            testDescription: "answers twice", actions: [.reply(success), .reply(success)], reason: .malformedReply,
            message: "was answered twice: stdout holds two JSON documents. A driver prints one reply"),
        Misbehaviour(
            testDescription: "is cut off in its reply",
            actions: [.print(#"{"protocol":"1.0","status":"Succ"#), .exit(0)], reason: .malformedReply,
            message:
                "was answered with a reply that is broken or cut off (line 1, column 33: the document ends within a "
                + "string); the driver ended with exit status 0"),
        Misbehaviour(
            testDescription: "prints JSON that is no reply", actions: [.print(#"{"ok":true}"#), .exit(0)],
            reason: .malformedReply,
            message:
                "was answered with JSON that is no reply of the protocol: protocol: expected a string, found nothing"),
        Misbehaviour(
            testDescription: "says a status that there is not",
            actions: [.reply(["protocol": "1.0", "status": "Done"]), .exit(0)], reason: .malformedReply,
            message:
                "was answered with JSON that is no reply of the protocol: status: expected \"Success\", \"Failure\", "
                + "\"Not supported\" or \"Pending\", found \"Done\""),
        Misbehaviour(
            testDescription: "succeeds without a volume",
            actions: [.reply(["protocol": "1.0", "status": "Success"])], reason: .malformedReply,
            message: "was answered without content: volume: expected the answer to provision, found nothing"),
        Misbehaviour(
            testDescription: "answers another call's id",
            actions: [.reply(["protocol": "1.0", "status": "Success", "callID": "c-0"])], reason: .malformedReply,
            message: "was answered with the callID \"c-0\" of another call"),
        Misbehaviour(
            testDescription: "answers in another version",
            actions: [.reply(["protocol": "7.0", "status": "Success"])], reason: .malformedReply,
            message: "was answered in protocol version 7.0; this host speaks 1.0"),
        Misbehaviour(
            testDescription: "dies by SIGSEGV", actions: [.die(SIGSEGV)], reason: .crashed,
            message: "died: the driver was killed by SIGSEGV (signal 11)"),
        Misbehaviour(
            testDescription: "dies after its reply", actions: [.reply(success), .die(SIGKILL)], reason: .crashed,
            message: "died: the driver was killed by SIGKILL (signal 9)"),
        Misbehaviour(
            testDescription: "prints bytes that are no UTF-8",
            actions: [.print("{\"protocol\":\"1.0\",\"status\":\"\u{1}\"}")], reason: .malformedReply,
            message:
                "was answered with a reply that is broken or cut off (line 1, column 29: a control character stands in a "
                + "string; write it as an escape); the driver ended with exit status 0"),
    ]
}
