import JSONTree

@testable import DriverHost
@testable import DriverProtocol

extension FuzzTarget {
    static let driversFile = FuzzTarget(
        "drivers-file",
        dictionary: [
            "\"apiVersion\": \"berth.dev/v1\"", "\"drivers\": [", "\"name\":", "\"provisioners\":", "\"exec\":",
            "\"protocol\": \"flexvolume\"", "\"mode\": \"resident\"", "\"timeouts\":", "\"concurrency\":", "\"runAs\":",
            "\"sha256\":", "\"env\":", "\"config\":", "\"flexVolumePluginDir\":", "},{",
        ]
    ) { bytes in
        let path = "/etc/berth/drivers.json"
        guard let file = try? DriversFile(parsing: bytes, path: path) else { return }
        for entry in file.entries.prefix(4) {
            let without = try DriversFile.removing(entry.driver.name, from: bytes, path: path)
            let names = try DriversFile(parsing: without, path: path).entries.map(\.driver.name)
            try require(!names.contains(entry.driver.name), "\(entry.driver.name) is there after its removal")
        }
        let new = DriverEntry(name: "fuzz.example.com", provisioners: ["fuzz.example.com/p"], executable: "/bin/true")
        if let with = try? DriversFile.adding(new, executable: "/bin/true", to: bytes, path: path) {
            let entries = try DriversFile(parsing: with, path: path).entries
            try require(entries.contains { $0.driver.name == new.name }, "the added entry is not there")
        }
    }

    private static let replyWords = [
        "\"protocol\":\"1.0\"", "\"status\":\"Success\"", "\"Failure\"", "\"Not supported\"", "\"Pending\"",
        "\"volume\":{\"id\":", "\"capacityBytes\":", "\"volumeSource\":", "\"context\":", "\"topology\":", "\"error\":",
        "\"code\":", "\"outcome\":\"unknown\"", "\"retryAfterSeconds\":", "\"progress\":", "\"operation\":",
        "\"volumes\":[",
        "\"snapshots\":[", "\"nextToken\":", "\"info\":", "\"capabilities\":", "\"parameters\":", "\"stats\":",
        "\"usedBytes\":", "9223372036854775807", "1e308", "provision\n", "list\n", "init\n", "stats\n",
    ]

    /// The verb in the first line, then the driver's stdout.
    static let driverReply = FuzzTarget("driver-reply", dictionary: replyWords) { bytes in
        let (verb, output) = verbAndOutput(bytes)
        if let json = try? JSONParser.parse(output), let reply = try? DriverReply(json: json) {
            try require(try DriverReply(json: reply.json) == reply, "not the same again: \(reply.json.prettyPrinted())")
        }
        for status in [ExitStatus.exited(0), .exited(1), .signaled(9)] {
            let result = result(output, status)
            _ = try? diagnosis(verb).reply(of: result)
        }
    }

    /// FlexVolume's verbs and replies.
    static let flexVolume = FuzzTarget(
        "flexvolume",
        dictionary: [
            "attach\n", "\"status\": \"Success\"", "\"Not supported\"", "\"device\":", "\"volumeName\":",
            "\"attached\":",
            "\"capabilities\":{\"attach\":false", "\"volumeNewSize\":", "\\040",
        ]
    ) { bytes in
        let (verb, output) = verbAndOutput(bytes)
        _ = try? diagnosis(verb).flexVolumeReply(of: result(output, .exited(0)))
        _ = try? diagnosis(verb).flexVolumeReply(of: result(output, .exited(1)))
        _ = MountTable(parsing: String(decoding: output, as: UTF8.self)).fileSystem(at: "/")
    }

    private static func verbAndOutput(_ bytes: [UInt8]) -> (Verb, [UInt8]) {
        let end = bytes.firstIndex(of: 0x0A) ?? 0
        let word = String(decoding: bytes[..<end], as: UTF8.self)
        return (Verb.all.first { $0.rawValue == word } ?? .provision, Array(bytes[end...]))
    }

    /// Without secrets, which have their own target: scrubbing takes twenty times as long as everything else.
    private static func diagnosis(_ verb: Verb) -> ReplyDiagnosis {
        let call = DriverCall(verb, volume: VolumeRequest(name: "pvc-1"))
        return ReplyDiagnosis(driver: "d", callID: "c-1", call: call, timeout: .seconds(1))
    }

    /// Half of the output also stands on stderr.
    private static func result(_ output: [UInt8], _ status: ExitStatus) -> ExchangeResult {
        var error = OutputCapture(limit: 64)
        output.prefix(output.count / 2).withUnsafeBytes { error.append($0) }
        return ExchangeResult(
            cause: .ended, status: status, output: output, error: error, closedInputEarly: false, duration: .zero,
            usage: ResourceUsage())
    }

    /// What a driver made with StorageDriverKit reads.
    static let driverRequest = FuzzTarget(
        "driver-request",
        dictionary: [
            "\"protocol\":\"1.0\"", "\"verb\":\"provision\"", "\"callID\":", "\"deadline\":", "\"timeoutSeconds\":",
            "\"volume\":{\"name\":", "\"capacityBytes\":", "\"limitBytes\":", "\"accessModes\":[", "\"contentSource\":",
            "\"parameters\":{", "\"secrets\":{", "\"claim\":", "\"topology\":{\"requisite\":[", "\"cancel\":",
            "\"paging\":",
        ]
    ) { bytes in
        guard let json = try? JSONParser.parse(bytes) else { return }
        guard let message = try? ResidentMessage(json: json) else { return }
        try require(
            try ResidentMessage(json: message.json) == message, "not the same again: \(message.json.prettyPrinted())")
    }

    private static let secret = "-----BEGIN KEY-----\nab\"cd\\efgh ijkl\n-----END KEY-----\n"
    private static let secretScrubber = SecretScrubber(["key": secret, "token": "t0p/s3cret+token"])

    /// What a driver says that knows secrets: they are not in what is kept of it, wherever it is cut.
    static let secretsInOutput = FuzzTarget(
        "secrets-in-output",
        dictionary: [
            secret, "ab\"cd\\efgh ijkl", "ab\\\"cd\\\\efgh ijkl", "t0p/s3cret+token", "t0p\\/s3cret+token",
            "t0p%2Fs3cret%2Btoken", "dDBwL3MzY3JldCt0b2tlbg==", "\\u0074", "\n", "token=",
        ]
    ) { bytes in
        let limit = Int(bytes.first ?? 0) * 4
        let output = Array(bytes.dropFirst())
        for scrubbed in [
            secretScrubber.scrub(output), secretScrubber.scrub(output, keeping: limit),
            secretScrubber.scrub(output, mayContinue: true),
        ] {
            for word in ["t0p/s3cret+token", "ab\"cd\\efgh ijkl", "dDBwL3MzY3JldCt0b2tlbg"] {
                try require(scrubbed.firstRange(of: Array(word.utf8)) == nil, "\(word) is still there")
            }
        }
    }

    /// A resident driver's stdout, which comes in pieces of any size: the first byte says how large they are.
    static let residentLines = FuzzTarget(
        "resident-lines",
        dictionary: ["\n", "{\"callID\":\"c-1\",", "\"protocol\":\"1.0\",", "\"status\":\"Success\"}\n", "\r\n"]
    ) { bytes in
        let size = max(1, Int(bytes.first ?? 1))
        let stream = Array(bytes.dropFirst())
        var buffer = LineBuffer(maximumLineBytes: 64)
        var tail = ErrorTail(limit: 64)
        var calls = ResidentCalls()
        var lines: [[UInt8]] = []
        for start in stride(from: 0, to: stream.count, by: size) {
            let piece = stream[start..<min(start + size, stream.count)]
            piece.withUnsafeBytes { lines += buffer.append($0) }
            piece.withUnsafeBytes { tail.append($0) }
            _ = tail.text(from: start, SecretScrubber())
        }
        _ = tail.text(from: stream.count / 2, secretScrubber)
        let whole = stream.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map(Array.init)
        try require(lines == whole, "\(lines.count) lines were cut, where there are \(whole.count)")
        for line in lines {
            guard let json = try? JSONParser.parse(line), json.objectValue != nil else { continue }
            _ = calls.answer(json["callID"]?.stringValue ?? "")
            _ = try? DriverReply(json: json)
        }
        _ = CallRecord(line: stream).map { record in record.line }
    }

    /// A driver's `init` in the first line, a class's parameters in the second.
    static let parameterSchema = FuzzTarget(
        "parameter-schema",
        dictionary: [
            "\"parameters\":{\"type\":\"object\",", "\"properties\":{", "\"pattern\":\"^a$\"", "\"enum\":[",
            "\"minimum\":",
            "\"maximum\":", "\"minLength\":", "\"patternProperties\":{", "\"required\":[", "\"x-caseInsensitive\":true",
            "{1,255}", "(?:", "[^", "\\\\d", "(((", "*", "\\n", "(|a)*", "\\\\u{", "\\\\x",
        ]
    ) { bytes in
        let lines = bytes.split(separator: 0x0A, maxSplits: 1)
        guard let first = lines.first, let json = try? JSONParser.parse(first) else { return }
        if let info = try? DriverInfo(json: json) {
            try require(try DriverInfo(json: info.json) == info, "not the same again: \(info.json.prettyPrinted())")
            for size in [0, 1, .max] as [Int64] {
                guard let made = try? info.capacityBytes(for: VolumeRequest(name: "v", capacityBytes: size)) else {
                    continue
                }
                try require(made >= size && made % info.allocationUnitBytes == 0, "\(size) bytes become \(made)")
            }
        }
        guard let schema = try? ParameterSchema(json: json["parameters"] ?? json) else { return }
        let parameters = lines.last.flatMap { try? JSONParser.parse($0) }?.stringDictionary ?? ["a": "b"]
        _ = try? schema.validate(parameters)
        _ = schema.completed(parameters)
    }
}
