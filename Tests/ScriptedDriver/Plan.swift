import Glibc
import JSONTree

/// What to do, read from the file that `BERTH_SCRIPT` names.
struct Plan: Sendable {
    private let json: JSONValue

    static func load() -> Plan {
        guard let path = getenv("BERTH_SCRIPT").map({ String(cString: $0) }) else { return Plan(json: [:]) }
        guard let bytes = readFile(path), let json = try? JSONParser.parse(bytes) else {
            writeAll(2, Array("ScriptedDriver: no plan in \(path)\n".utf8))
            exit(70)
        }
        return Plan(json: json)
    }

    var info: JSONObject { json["info"]?.objectValue ?? [:] }
    var onServe: [JSONValue] { json["onServe"]?.arrayValue ?? [] }

    /// The actions of the n-th call of a verb, counted from 0; `nil` when there is no script for it.
    func script(of verb: String, call number: Int) -> [JSONValue]? {
        guard let scripts = json["scripts"]?[verb]?.arrayValue, let last = scripts.last else { return nil }
        return (number < scripts.count ? scripts[number] : last).arrayValue
    }

    /// Writes a call to the log.
    ///
    /// - Returns: How many calls of the verb stood there before.
    func recordCall(verb: String, request: [UInt8]?) -> Int {
        guard let path = json["log"]?.stringValue else { return 0 }
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return 0 }
        defer { close(descriptor) }
        // Calls that run at the same time must not count alike.
        flock(descriptor, LOCK_EX)
        let lines = (readFile(path) ?? []).split(separator: 0x0A)
        let before = lines.count { (try? JSONParser.parse($0))?["verb"]?.stringValue == verb }
        writeAll(descriptor, entry(verb: verb, request: request).encoded + [0x0A])
        return before
    }

    private func entry(verb: String, request: [UInt8]?) -> JSONValue {
        var environment: [String: String] = [:]
        var pointer = environ
        while let variable = pointer.pointee {
            let parts = String(cString: variable).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            environment[String(parts[0])] = parts.count > 1 ? String(parts[1]) : ""
            pointer += 1
        }
        var directory = [CChar](repeating: 0, count: 4096)
        let hasDirectory = getcwd(&directory, directory.count) != nil
        var entry: JSONValue = [
            "verb": .string(verb), "argv": JSONValue(CommandLine.arguments), "environment": JSONValue(environment),
            "directory": .string(hasDirectory ? text(directory) : ""), "pid": .integer(Int64(getpid())),
            "user": .integer(Int64(getuid())),
        ]
        if let request {
            entry["request"] = (try? JSONParser.parse(request)) ?? .string(String(decoding: request, as: UTF8.self))
        }
        return entry
    }

    private func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

func readFile(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    return readToEnd(descriptor)
}

func readToEnd(_ descriptor: CInt) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return bytes }
        bytes.append(contentsOf: buffer[..<count])
    }
}

func writeAll(_ descriptor: CInt, _ bytes: [UInt8]) {
    var position = 0
    while position < bytes.count {
        let count = bytes.withUnsafeBytes {
            write(descriptor, $0.baseAddress.map { $0 + position }, bytes.count - position)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        position += count
    }
}
