import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

/// The built driver as the host sees it: an executable with three pipes.
enum DriverUnderTest {
    struct Outcome {
        var reply: DriverReply
        var exitStatus: Int32
        var standardOutput: String
        var standardError: String
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// One call, in a process of its own.
    static func call(_ request: DriverRequest, verb: String? = nil) throws -> Outcome {
        try call(raw: request.json.encoded, verb: verb ?? request.verb.rawValue)
    }

    static func call(raw input: [UInt8], verb: String) throws -> Outcome {
        let process = try child([verb])
        process.write(input)
        process.closeInput()
        return try outcome(of: process)
    }

    /// The same call by many processes at the same moment.
    static func together(_ count: Int, _ request: DriverRequest) throws -> [DriverReply] {
        let processes = try (0..<count).map { _ in try child([request.verb.rawValue]) }
        for process in processes { process.write(request.json.encoded) }
        for process in processes { process.closeInput() }
        return try processes.map { try outcome(of: $0).reply }
    }

    private static func outcome(of process: PipedProcess) throws -> Outcome {
        let (output, errors) = process.readToEnd()
        let status = process.wait()
        let text = String(decoding: output, as: UTF8.self)
        do {
            return Outcome(
                reply: try DriverReply(json: JSONParser.parse(output)),
                exitStatus: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F),
                standardOutput: text, standardError: String(decoding: errors, as: UTF8.self))
        } catch {
            throw Failure(
                description: "\(error) in '\(text)', status \(status), \(String(decoding: errors, as: UTF8.self))")
        }
    }

    static func child(_ arguments: [String], environment: [String] = []) throws -> PipedProcess {
        try PipedProcess([try BuiltProducts.path(of: "hostpath-driver")] + arguments, environment: environment)
    }

    /// Starts a call and kills it after a time, if it has not ended by then.
    static func kill(_ request: DriverRequest, afterMicroseconds delay: UInt32) throws {
        let process = try child([request.verb.rawValue])
        process.write(request.json.encoded)
        process.closeInput()
        usleep(delay)
        process.kill(SIGKILL)
        _ = process.wait()
    }
}

/// A resident driver.
final class ResidentDriver: Sendable {
    private let child: PipedProcess

    init(environment: [String] = []) throws {
        child = try DriverUnderTest.child(["serve"], environment: environment)
    }

    deinit {
        child.closeInput()
        _ = child.wait()
    }

    func send(_ request: DriverRequest) { child.write(request.json.encoded + [UInt8(ascii: "\n")]) }
    func send(raw line: String) { child.write(Array((line + "\n").utf8)) }

    func reply() throws -> DriverReply { try DriverReply(json: JSONParser.parse(child.readLine())) }

    func call(_ request: DriverRequest) throws -> DriverReply {
        send(request)
        return try reply()
    }

    func closeInput() { child.closeInput() }
    func kill(_ signal: Int32) { child.kill(signal) }
    /// As waitpid(2) gives it.
    func wait() -> Int32 { child.wait() }
}
