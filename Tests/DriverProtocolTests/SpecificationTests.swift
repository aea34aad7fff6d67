import DriverProtocol
import Foundation
import JSONTree
import Testing

@Suite("The specification")
struct SpecificationTests {
    private let specification: SpecificationText

    init() throws { specification = try SpecificationText() }

    @Test("the tables say what the types' documentation says; RECORD=1 rewrites them")
    func tables() throws {
        let current = try specification.regenerated()
        if ProcessInfo.processInfo.environment["RECORD"] == "1", current != specification.text {
            try Data(current.utf8).write(to: SpecificationText.file)
        }
        let differences = zip(current.split(separator: "\n"), specification.text.split(separator: "\n"))
            .first { $0 != $1 }
        #expect(
            current == specification.text,
            "run the test with RECORD=1 and review the difference: \(differences.map { "\($0)" } ?? "length")")
    }

    @Test("each verb has an example of a request and of a reply", arguments: Verb.all)
    func everyVerb(_ verb: Verb) {
        #expect(specification.examples("request").contains { $0.verb == verb })
        #expect(specification.examples("reply").contains { $0.verb == verb })
    }

    @Test("each request reads, and every member of it is one that the protocol knows")
    func requests() throws {
        for example in specification.examples("request") {
            let json = try JSONParser.parse(Array(example.text.utf8))
            let request = try DriverRequest(json: json)
            #expect(request.verb == example.verb)
            #expect(Self.unknownMembers(of: json, in: request.json) == [], "request of \(example.verb)")
        }
    }

    @Test("each reply reads, has what its verb answers with, and every member of it is one that the protocol knows")
    func replies() throws {
        for example in specification.examples("reply") {
            let json = try JSONParser.parse(Array(example.text.utf8))
            let reply = try DriverReply(json: json)
            try reply.checkContent(for: example.verb)
            #expect(Self.unknownMembers(of: json, in: reply.json) == [], "reply to \(example.verb)")
        }
    }

    @Test("the schema in the example of init is one")
    func schema() throws {
        let text = try #require(specification.examples("reply").first { $0.verb == .initialize }).text
        let info = try #require(try DriverReply(json: try JSONParser.parse(Array(text.utf8))).info)
        let schema = try ParameterSchema(json: try #require(info.parameters))
        #expect(schema.definitions.map(\.name) == ["pool", "copies"])
    }

    @Test("each line of the resident example reads")
    func residentLines() throws {
        let example = try #require(specification.examples.first { $0.words == ["json", "lines"] })
        let messages = try example.text.split(separator: "\n").map { line in
            try ResidentMessage(json: try JSONParser.parse(Array(line.utf8)))
        }
        #expect(messages.last == .cancel(callID: "c-2"))
        #expect(messages.count == 3)
    }

    @Test("the driver of 40 lines answers every example request as the protocol wants, each twice")
    func driver() throws {
        let example = try #require(specification.examples.first { $0.words == ["sh", "driver"] })
        #expect(example.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1 <= 44)
        let driver = try ShellDriver(example.text)
        defer { driver.remove() }
        for request in specification.examples("request") {
            for _ in 0..<2 {
                let (status, output) = try driver.run(request.verb.rawValue, request.text)
                let reply = try DriverReply(json: try JSONParser.parse(Array(output)))
                try reply.checkContent(for: request.verb)
                #expect((status == 0) == reply.status.exitsWithZero)
                let offered: Set<Verb> = [.initialize, .provision, .delete]
                #expect((reply.status == .notSupported) == !offered.contains(request.verb), "\(request.verb)")
            }
        }
    }

    /// Paths of members that reading has lost: the protocol does not know them.
    private static func unknownMembers(of json: JSONValue, in known: JSONValue?, path: String = "") -> [String] {
        switch json {
        case .object(let object):
            return object.flatMap { key, value in
                known?[key] == nil
                    ? ["\(path).\(key)"] : unknownMembers(of: value, in: known?[key], path: "\(path).\(key)")
            }
        case .array(let array):
            return array.enumerated().flatMap { position, value in
                unknownMembers(
                    of: value, in: known?.arrayValue?.dropFirst(position).first, path: "\(path)[\(position)]")
            }
        default: return []
        }
    }
}

/// The driver that stands in the specification, in a directory of its own, beside the JSON reader of the examples.
private struct ShellDriver {
    private let directory: URL

    init(_ text: String) throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "specification-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let reader = SpecificationText.sources.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Examples/drivers/directory/json-lines.awk")
        try FileManager.default.copyItem(at: reader, to: directory.appending(path: "json-lines.awk"))
        try Data(text.utf8).write(to: directory.appending(path: "driver"))
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }

    func run(_ verb: String, _ request: String) throws -> (status: Int32, output: Data) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [directory.appending(path: "driver").path, verb]
        process.currentDirectoryURL = directory
        // From a file: a driver may end without having read it.
        let input = directory.appending(path: "request.json")
        try Data(request.utf8).write(to: input)
        process.standardInput = try FileHandle(forReadingFrom: input)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, data)
    }
}
