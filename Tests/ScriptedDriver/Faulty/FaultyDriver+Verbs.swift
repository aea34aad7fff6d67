import Glibc
import JSONTree

extension FaultyDriver {
    static let verbs: [String] = [
        "init", "status", "validate", "provision", "delete", "get", "list", "expandvolume", "createsnapshot",
        "deletesnapshot", "listsnapshots", "capacity", "modify", "attach", "detach", "isattached", "mount", "unmount",
        "stats",
    ]

    /// The members of a success.
    func run(_ verb: String, _ request: JSONValue) throws -> JSONObject {
        switch verb {
        case "init": return ["info": try info(request)]
        case "status":
            if fault.breaks("R-STATUS-1") { throw Refusal("UNAVAILABLE", "the pool is not there") }
            return [:]
        case "validate": return try validate(request)
        case "provision": return try provision(request)
        case "delete": return try delete(request)
        case "get": return try get(request)
        case "list": return try list(request)
        case "expandvolume": return try expand(request)
        case "createsnapshot": return try createSnapshot(request)
        case "deletesnapshot": return try deleteSnapshot(request)
        case "listsnapshots": return try listSnapshots(request)
        case "capacity":
            try checkParameters(request, allowsUnknown: fault.breaks("R-CAPACITY-1"))
            return ["capacity": ["availableBytes": .integer(Self.maximum)]]
        case "modify": return try modify(request)
        case "attach", "detach", "isattached": return try attachment(verb, request)
        case "mount": return try mount(request)
        case "unmount": return try unmount(request)
        case "stats": return try stats(request)
        default: throw Refusal("INTERNAL", "the verb \(verb) was forgotten")
        }
    }

    private func info(_ request: JSONValue) throws -> JSONValue {
        if fault.breaks("R-INIT-1"), request["driver"]?["config"]?["pool"] == nil {
            throw Refusal("FAILED_PRECONDITION", "there is no pool in the configuration")
        }
        var capabilities = Self.verbs.filter { $0 != "init" } + ["restore", "clone"]
        if fault.breaks("R-INIT-3") { capabilities.append("fly") }
        var clock = timespec()
        clock_gettime(CLOCK_REALTIME, &clock)
        let version = fault.breaks("R-INIT-2") ? "1.0.\(clock.tv_nsec)" : "1.0.0"
        return [
            "protocolVersions": ["1.0"], "name": "faulty", "version": .string(version),
            "capabilities": JSONValue(capabilities), "allocationUnitBytes": .integer(Self.unit),
            "minimumBytes": .integer(Self.minimum), "maximumBytes": .integer(Self.maximum),
            "accessModes": ["ReadWriteOnce", "ReadOnlyMany"], "volumeModes": ["Filesystem", "Block"], "resident": true,
            "parameters": [
                "type": "object", "required": ["pool"],
                "properties": [
                    "pool": ["type": "string", "minLength": 1],
                    "tier": [
                        "type": fault.breaks("R-INIT-4") ? "word" : "string", "enum": ["fast", "slow"],
                        "default": "fast",
                    ],
                    "copies": ["type": "integer", "minimum": 1, "maximum": 3, "default": "1"],
                ],
            ],
            "mutableParameters": [
                "type": "object", "properties": ["iops": ["type": "string", "enum": ["100", "200"]]],
            ],
        ]
    }

    func checkParameters(_ request: JSONValue, allowsUnknown: Bool = false) throws {
        let parameters = request["parameters"]?.stringDictionary ?? [:]
        for (name, value) in parameters {
            let isRight: Bool
            switch name {
            case "pool": isRight = !value.isEmpty
            case "tier":
                isRight = value == "fast" || value == "slow"
                if value == "slow", fault.breaks("R-PARAM-3") {
                    throw Refusal("INVALID_ARGUMENT", "slow is gone", field: "parameters.tier")
                }
            case "copies": isRight = ["1", "2", "3"].contains(value)
            default:
                guard !allowsUnknown else { continue }
                throw Refusal("INVALID_ARGUMENT", "\(name) is unknown", field: "parameters.\(name)")
            }
            guard isRight || fault.breaks("R-PARAM-2") else {
                throw Refusal("INVALID_ARGUMENT", "\(name) cannot be that", field: "parameters.\(name)")
            }
        }
        if parameters["pool"] == nil, !fault.breaks("R-PARAM-2") {
            throw Refusal("INVALID_ARGUMENT", "pool must be given", field: "parameters.pool")
        }
    }

    func checkModes(_ request: JSONValue) throws {
        for mode in request["volume"]?["accessModes"]?.stringArray ?? [] {
            if mode == "ReadOnlyMany", fault.breaks("R-MODE-2") {
                throw Refusal("INVALID_ARGUMENT", "not that after all", field: "volume.accessModes")
            }
            guard mode == "ReadWriteOnce" || mode == "ReadOnlyMany" || fault.breaks("R-MODE-1") else {
                throw Refusal("INVALID_ARGUMENT", "no volume has \(mode)", field: "volume.accessModes")
            }
        }
    }

    /// Rounded up, within the bounds.
    func size(_ request: JSONValue, ignoresLimit: Bool = false) throws -> Int64 {
        let volume = request["volume"]
        let given = volume?["capacityBytes"]
        guard given == nil || given?.integerValue != nil else {
            throw Refusal("INVALID_ARGUMENT", "capacityBytes is no integer", field: "volume.capacityBytes")
        }
        let wanted = given?.integerValue ?? 0
        let outOfRange =
            fault.breaks("R-CAP-2") && request["verb"] != "expandvolume" ? "INVALID_ARGUMENT" : "OUT_OF_RANGE"
        guard wanted <= Self.maximum else { throw Refusal(outOfRange, "too large", field: "volume.capacityBytes") }
        let size = max(Self.minimum, (wanted + Self.unit - 1) / Self.unit * Self.unit)
        if let limit = volume?["limitBytes"]?.integerValue, size > limit, !ignoresLimit {
            throw Refusal(outOfRange, "the limit is too low", field: "volume.limitBytes")
        }
        return fault.breaks("R-CAP-1") ? max(Self.minimum, wanted) : size
    }

    private func modify(_ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        for (parameter, value) in request["mutableParameters"]?.stringDictionary ?? [:] where !fault.breaks("R-MOD-1") {
            guard parameter == "iops", value == "100" || value == "200" else {
                throw Refusal("INVALID_ARGUMENT", "no", field: "mutableParameters.\(parameter)")
            }
        }
        return try store.change { state in ["volume": reply(name, try existing(name, state))] }
    }

    private func stats(_ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        if fault.breaks("R-RUN-9") { sleep(60) }
        return try store.change { state in
            let volume = try existing(name, state, missing: fault.breaks("R-ERR-2") ? "INTERNAL" : "NOT_FOUND")
            let size = volume["size"] ?? 0
            return ["stats": ["totalBytes": size, "usedBytes": fault.breaks("R-STATS-1") ? .integer(Self.maximum) : 0]]
        }
    }

    func volumeName(_ request: JSONValue) throws -> String {
        guard let name = request["volume"]?["name"]?.stringValue else {
            throw Refusal("INVALID_ARGUMENT", "there is no volume in the request", field: "volume")
        }
        return name
    }

    func existing(_ name: String, _ state: FaultyState, missing: String = "NOT_FOUND") throws -> JSONValue {
        guard let volume = state["volumes", name] else { throw Refusal(missing, "there is no volume \(name)") }
        return volume
    }
}
