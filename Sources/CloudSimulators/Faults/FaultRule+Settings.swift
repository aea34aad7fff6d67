import JSONTree

extension FaultRule {
    /// The kinds of faults by their names in rules, with the settings that belong to each.
    private static let kinds: [(name: String, settings: Set<String>)] = [
        ("throttle", ["retryAfter"]), ("serverError", ["status"]), ("latency", ["delay"]), ("resetBefore", []),
        ("resetAfter", []), ("halfReply", []), ("invisible", ["duration"]), ("stuck", []), ("quota", []),
        ("capacity", []),
    ]

    /// The rules of a fault file, or of a request's body: `{faults: [rule, …]}`, or one rule.
    ///
    /// - Throws: ``SettingsError``, with the line, for the first thing that is wrong.
    static func rules(_ text: [UInt8], file: String) throws(SettingsError) -> [FaultRule] {
        let root = try SettingsDocument(text, file: file).root
        var rules: [FaultRule] = []
        if root.has("faults") || !root.has("fault") {
            for settings in try root.list("faults") { rules.append(try FaultRule(settings)) }
        } else {
            rules.append(try FaultRule(root))
        }
        try root.checkAllRead()
        return rules
    }

    init(_ settings: SettingsReader) throws(SettingsError) {
        fault = try Self.fault(settings)
        name = try settings.string(ifSet: "name")
        if let text = try settings.string(ifSet: "cloud") {
            guard let cloud = Cloud(rawValue: text) else {
                let known = Cloud.allCases.map(\.rawValue).joined(separator: ", ")
                throw settings.error("cloud", "there is no cloud \"\(text)\"; there are \(known)")
            }
            self.cloud = cloud
        }
        operations = try settings.strings(ifSet: "operation") ?? []
        resources = try settings.strings(ifSet: "resource") ?? []
        zones = try settings.strings(ifSet: "zone") ?? []
        rate = try settings.number(ifSet: "rate", in: 0...1) ?? 1
        count = try settings.integer(ifSet: "count", in: 1...Int64.max).map { Int($0) }
        seed = UInt64(try settings.integer(ifSet: "seed") ?? 0)
    }

    private static func fault(_ settings: SettingsReader) throws(SettingsError) -> Fault {
        let name = try settings.string("fault")
        guard let kind = kinds.first(where: { $0.name == name }) else {
            throw settings.error(
                "fault", "there is no fault \"\(name)\"; there are \(kinds.map(\.name).joined(separator: ", "))")
        }
        for other in kinds where other.name != name {
            for key in other.settings.subtracting(kind.settings) where settings.value[key] != nil {
                throw settings.error(key, "belongs to the fault \(other.name), not to \(name)")
            }
        }
        switch name {
        case "throttle": return .answer(.throttled(retryAfter: try settings.duration(ifSet: "retryAfter")))
        case "serverError":
            return .answer(.serverError(status: Int(try settings.integer(ifSet: "status", in: 500...599) ?? 500)))
        case "quota": return .answer(.quotaExceeded)
        case "capacity": return .answer(.capacityExhausted)
        case "latency": return .latency(try settings.duration("delay"))
        case "invisible": return .effect(FaultEffects(invisibleFor: try settings.duration("duration")))
        case "stuck": return .effect(FaultEffects(isStuck: true))
        default:
            guard let fault = WireFault(rawValue: name) else {
                throw settings.error("fault", "this simulator does not make the fault \(name)")
            }
            return .wire(fault)
        }
    }

    /// As it was written.
    var json: JSONValue {
        var json: JSONValue = [:]
        json["name"] = name.map { .string($0) }
        json["cloud"] = cloud.map { .string($0.rawValue) }
        for (key, patterns) in [("operation", operations), ("resource", resources), ("zone", zones)]
        where !patterns.isEmpty {
            json[key] = patterns.count == 1 ? .string(patterns[0]) : JSONValue(patterns)
        }
        switch fault {
        case .answer(.throttled(let retryAfter)):
            json["fault"] = "throttle"
            json["retryAfter"] = retryAfter.map { .string(DurationText.text($0)) }
        case .answer(.serverError(let status)):
            json["fault"] = "serverError"
            json["status"] = .integer(Int64(status))
        case .answer(.quotaExceeded): json["fault"] = "quota"
        case .answer(.capacityExhausted): json["fault"] = "capacity"
        case .latency(let delay):
            json["fault"] = "latency"
            json["delay"] = .string(DurationText.text(delay))
        case .effect(let effects):
            json["fault"] = effects.isStuck ? "stuck" : "invisible"
            json["duration"] = effects.invisibleFor.map { .string(DurationText.text($0)) }
        case .wire(let fault): json["fault"] = .string(fault.rawValue)
        }
        if rate != 1 { json["rate"] = .number("\(rate)") }
        json["count"] = count.map { .integer(Int64($0)) }
        if seed != 0 { json["seed"] = .integer(Int64(seed)) }
        return json
    }
}
