import DriverProtocol
import JSONTree
import KubernetesAPI

/// Everything about a driver, for people.
struct DriverText {
    /// As the server reports it, with `storageClasses`.
    let driver: JSONValue
    private let info: DriverInfo?

    init(driver: JSONValue) {
        self.driver = driver
        // What an older or newer server says in another way is left out.
        info = driver["info"].flatMap { try? DriverInfo(json: $0) }
    }

    var whole: String {
        var lines = FieldText.lines(about + health + abilities)
        if let info {
            lines += parameters("Parameters", info.parameters, none: "the driver takes any")
            if info.mutableParameters != nil {
                lines += parameters("Mutable parameters", info.mutableParameters, none: "")
            }
        }
        return (lines + storageClasses).joined(separator: "\n")
    }

    private var isFlexVolume: Bool { driver["protocol"] == "flexvolume" }

    private func text(_ key: String) -> String { driver[key]?.stringValue ?? "-" }
    private func number(_ key: String) -> Int64 { driver[key]?.integerValue ?? 0 }
    private func list(_ texts: [String]) -> String { texts.isEmpty ? "-" : texts.joined(separator: ", ") }

    private var about: [(name: String, value: String)] {
        var fields = [("Name", text("name"))]
        if let info {
            fields.append(
                (
                    "Driver",
                    isFlexVolume
                        ? "of Kubernetes' FlexVolume, which knows no versions"
                        : "\(info.name) \(info.version), protocol \(info.protocolVersions.joined(separator: ", "))"
                ))
        }
        fields += [
            ("Executable", text("exec")), ("Mode", DriverRow(driver: driver).mode),
            ("Provisioners", list(driver["provisioners"]?.stringArray ?? [])),
        ]
        if let config = driver["config"] { fields.append(("Config", String(decoding: config.encoded, as: UTF8.self))) }
        if let names = driver["env"]?.stringArray {
            fields.append(("Environment", "\(list(names)) (values not shown)"))
        }
        if driver["runAs"] != nil { fields.append(("Runs as", text("runAs"))) }
        for warning in driver["warnings"]?.stringArray ?? [] { fields.append(("Warning", warning)) }
        if driver["sha256"] != nil { fields.append(("Pinned to", "sha256 \(text("sha256"))")) }
        return fields
    }

    private var health: [(name: String, value: String)] {
        let reason = driver["reason"]?.stringValue.map { ": \($0)" } ?? ""
        var fields = [("State", DriverRow(driver: driver).state + reason)]
        // An executable that was asked alone has none of these.
        guard driver["calls"] != nil else { return fields }
        if let breaker = driver["breaker"] {
            fields.append(
                (
                    "Circuit breaker",
                    "\(breaker["position"]?.stringValue ?? "-"), \(breaker["failures"]?.integerValue ?? 0) failures in a row "
                        + "without an answer; \(breaker["threshold"]?.integerValue ?? 0) open it"
                ))
        }
        fields += [
            (
                "Concurrency",
                "\(number("concurrency")) calls at a time; \(number("inFlight")) run, \(number("waiting")) wait"
            ),
            (
                "Calls",
                "\(number("calls")), of which \(number("errors")) failed and \(number("unknownOutcomes")) have an unknown "
                    + "outcome; \(number("refused")) not made"
            ),
            (
                "Duration",
                "p50 \(ReadableDuration.text(microseconds: driver["p50Microseconds"])), "
                    + "p99 \(ReadableDuration.text(microseconds: driver["p99Microseconds"]))"
            ),
        ]
        if driver["mode"] == "resident" {
            fields.append(
                ("Restarts", "\(number("restarts")); \(number("strayReplies")) replies that nobody waited for"))
        }
        if let error = driver["lastError"]?.stringValue {
            let age = driver["lastErrorAt"]?.stringValue.flatMap { Timestamp($0) }?.humanAge(at: .now)
            let call = driver["lastErrorCallID"]?.stringValue.map { " (berth driver calls show \($0))" } ?? ""
            fields.append(("Last error", (age.map { "\($0) ago, " } ?? "") + error + call))
        }
        return fields
    }

    private var abilities: [(name: String, value: String)] {
        guard let info else { return [] }
        func size(_ bytes: Int64) -> String { Quantity(bytes: bytes).description }
        let least = size(info.minimumBytes)
        var sizes = info.maximumBytes.map { "\(least) to \(size($0))" } ?? "from \(least)"
        if info.allocationUnitBytes > 1 { sizes += ", in steps of \(size(info.allocationUnitBytes))" }
        sizes += info.capacityEnforced ? "; a full volume says so" : "; not enforced"
        var fields = [
            ("Capabilities", list(info.capabilities.map(\.rawValue))), ("Sizes", sizes),
            ("Access modes", list(info.accessModes)), ("Volume modes", list(info.volumeModes)),
        ]
        if let most = info.maximumConcurrency { fields.append(("Its own limit", "\(most) calls at a time")) }
        if !info.timeouts.isEmpty {
            let times = info.timeouts.sorted { $0.key.rawValue < $1.key.rawValue }
            fields.append(("Time it asks for", times.map { "\($0.key) \($0.value)" }.joined(separator: ", ")))
        }
        return fields
    }

    // MARK: Parameters

    private func parameters(_ heading: String, _ json: JSONValue?, none: String) -> [String] {
        guard let json else { return ["\(heading): \(none)"] }
        let schema: ParameterSchema
        do throws(ProtocolError) {
            schema = try ParameterSchema(json: json)
        } catch {
            return ["\(heading): the schema is broken: \(error)"]
        }
        let definitions = schema.definitions + schema.patternDefinitions.map(\.definition)
        guard !definitions.isEmpty else { return ["\(heading): \(schema.allowsUnknown ? "any" : "none")"] }
        let rows = definitions.map { definition in
            [
                "  \(definition.name)", Self.type(of: definition),
                definition.isRequired ? "(required)" : definition.defaultValue ?? "-", definition.summary ?? "",
            ]
        }
        let table = TableText(headings: ["  NAME", "TYPE", "DEFAULT", "DESCRIPTION"], rows: rows)
        return ["\(heading):"] + table.lines() + (schema.allowsUnknown ? ["  and any other"] : [])
    }

    /// `integer 1 to 9`, `delete|retain|archive`, `string ^/`.
    private static func type(of definition: ParameterDefinition) -> String {
        guard definition.allowedValues.isEmpty else { return definition.allowedValues.joined(separator: "|") }
        func text(_ number: Double) -> String { Int64(exactly: number).map { String($0) } ?? "\(number)" }
        var parts = [definition.type.rawValue]
        switch (definition.minimum, definition.maximum) {
        case (let low?, let high?): parts.append("\(text(low)) to \(text(high))")
        case (let low?, nil): parts.append("from \(text(low))")
        case (nil, let high?): parts.append("to \(text(high))")
        case (nil, nil): break
        }
        if let pattern = definition.pattern { parts.append(pattern.expression) }
        return parts.joined(separator: " ")
    }

    // MARK: StorageClasses

    private var storageClasses: [String] {
        guard let classes = driver["storageClasses"]?.arrayValue else {
            return ["StorageClasses: not known without a server"]
        }
        guard !classes.isEmpty else { return ["StorageClasses: none"] }
        let rows = classes.map { storageClass in
            [
                "  " + (storageClass["name"]?.stringValue ?? "")
                    + (storageClass["isDefault"] == true ? " (default)" : ""),
                storageClass["provisioner"]?.stringValue ?? "",
                (storageClass["parameters"]?.stringDictionary ?? [:]).sorted { $0.key < $1.key }
                    .map { "\($0.key)=\($0.value)" }.joined(separator: ", "),
            ]
        }
        return ["StorageClasses:"] + TableText(headings: ["  NAME", "PROVISIONER", "PARAMETERS"], rows: rows).lines()
    }
}
