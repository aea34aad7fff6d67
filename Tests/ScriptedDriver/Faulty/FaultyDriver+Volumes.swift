import Glibc
import JSONTree

extension FaultyDriver {
    /// How long a fault takes that shows only when something else happens meanwhile.
    private static let meanwhile: UInt32 = 30_000

    func validate(_ request: JSONValue) throws -> JSONObject {
        try check(request)
        if fault.breaks("R-VALID-1") { _ = try provision(request) }
        _ = try size(request, ignoresLimit: fault.breaks("R-VALID-2"))
        return try store.change { state in
            if let volume = state["volumes", try volumeName(request)] {
                try compare(volume, with: request)
            } else {
                try checkSource(request, state)
            }
            return [:]
        }
    }

    private func check(_ request: JSONValue) throws {
        _ = try volumeName(request)
        try checkParameters(request, allowsUnknown: fault.breaks("R-PARAM-1"))
        try checkModes(request)
    }

    func provision(_ request: JSONValue) throws -> JSONObject {
        try check(request)
        let name = try volumeName(request)
        let size = try size(request)
        let guardian = try occupy(name)
        defer { close(guardian) }
        if isResident, fault.breaks("R-RES-4") || fault.breaks("R-RES-5") { usleep(Self.meanwhile) }
        return try store.change { state in
            if var volume = state["volumes", name] {
                try compare(volume, with: request)
                if volume["state"] == "creating" {
                    if fault.breaks("R-KILL-1") { throw Refusal("INTERNAL", "\(name) is half made") }
                    try makeContent(name, &volume, request, state)
                    volume["state"] = "ready"
                }
                if fault.breaks("R-IDEMP-1") { volume["id"] = .string((volume["id"]?.stringValue ?? "") + "x") }
                state["volumes", name] = volume
                return ["volume": reply(name, volume)]
            }
            try checkSource(request, state)
            var volume: JSONValue = [
                "id": .string(fault.breaks("R-PROV-2") ? "vol-one" : "vol-\(name)"), "size": .integer(size),
                "state": "creating",
                "owner": request["owner"] ?? "", "parameters": request["parameters"] ?? [:],
                "volumeMode": request["volume"]?["volumeMode"] ?? "Filesystem",
            ]
            volume["contentSource"] = request["volume"]?["contentSource"]
            state["volumes", name] = volume
            store.save(state)
            if fault.breaks("R-KILL-1") || fault.breaks("R-KILL-3") { usleep(Self.meanwhile) }
            try makeContent(name, &volume, request, state)
            volume["state"] = "ready"
            state["volumes", name] = volume
            return ["volume": reply(name, volume)]
        }
    }

    /// One call at a time for each volume. A driver that is right waits; this one, told so, fails instead.
    private func occupy(_ name: String) throws -> CInt {
        let path = "busy-\(Self.fileName(name))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard fault.breaks("R-IDEMP-2") else { return descriptor }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Refusal("INTERNAL", "\(name) exists, and does not")
        }
        usleep(Self.meanwhile)
        return descriptor
    }

    private func compare(_ volume: JSONValue, with request: JSONValue) throws {
        let isForeign = (volume["owner"] ?? "") != (request["owner"] ?? "")
        if isForeign, !fault.breaks("R-OWN-2") { throw Refusal("ALREADY_EXISTS", "it belongs to another host") }
        let size = volume["size"]?.integerValue ?? 0
        let wanted = request["volume"]?["capacityBytes"]?.integerValue ?? 0
        let limit = request["volume"]?["limitBytes"]?.integerValue ?? .max
        let isAlike =
            volume["parameters"] == request["parameters"] ?? [:]
            && volume["volumeMode"] == request["volume"]?["volumeMode"] ?? "Filesystem"
        guard isAlike || fault.breaks("R-PROV-3"), wanted <= size, size <= limit else {
            throw Refusal("ALREADY_EXISTS", "it was made with other arguments")
        }
    }

    func reply(_ name: String, _ volume: JSONValue) -> JSONValue {
        var reply: JSONValue = [
            "id": volume["id"] ?? "", "name": .string(name), "capacityBytes": volume["size"] ?? 0,
            "volumeSource": ["hostPath": ["path": .string(directory(name))]], "context": ["made": "here"],
        ]
        reply["contentSource"] = volume["contentSource"]
        if fault.breaks("R-PROV-1") { reply["capacityBytes"] = .integer(Self.unit) }
        return reply
    }

    func delete(_ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        if fault.breaks("R-DEL-3"), request["volume"]?["id"] == nil { return [:] }
        return try store.change { state in
            var victim = name
            if fault.breaks("R-DEL-4"), let id = request["volume"]?["id"] {
                victim = state.all("volumes").first { $0.value["id"] == id }?.name ?? name
            }
            guard var volume = state["volumes", victim] else {
                if fault.breaks("R-DEL-2") { throw Refusal("NOT_FOUND", "there is no volume \(name)") }
                return [:]
            }
            let isForeign = (volume["owner"] ?? "") != (request["owner"] ?? "")
            if isForeign, !fault.breaks("R-OWN-2") {
                throw Refusal("FAILED_PRECONDITION", "it belongs to another host")
            }
            if fault.breaks("R-DEL-1") { return [:] }
            if fault.breaks("R-KILL-3"), volume["state"] == "creating" {
                throw Refusal("FAILED_PRECONDITION", "\(name) is still being made")
            }
            if fault.breaks("R-KILL-2") {
                if volume["state"] == "deleting" { throw Refusal("INTERNAL", "\(name) is half deleted") }
                volume["state"] = "deleting"
                state["volumes", victim] = volume
                store.save(state)
                usleep(Self.meanwhile)
            }
            removeContent(directory(victim))
            state["volumes", victim] = nil
            return [:]
        }
    }

    func get(_ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        return try store.change { state in
            var volume = try existing(name, state)
            if fault.breaks("R-RUN-3") { return [:] }
            if fault.breaks("R-GET-1") { volume["size"] = .integer((volume["size"]?.integerValue ?? 0) + Self.unit) }
            return ["volume": reply(name, volume)]
        }
    }

    func list(_ request: JSONValue) throws -> JSONObject {
        let most = request["paging"]?["maxEntries"]?.integerValue.map(Int.init) ?? .max
        let token = request["paging"]?["startingToken"]?.stringValue
        if let token, !token.hasPrefix("after:"), !fault.breaks("R-LIST-3") {
            throw Refusal("ABORTED", "that is no token of mine", field: "paging.startingToken")
        }
        return try store.change { state in
            let mine = state.all("volumes").filter {
                fault.breaks("R-OWN-1") || $0.value["owner"] ?? "" == request["owner"] ?? ""
            }
            let last = token?.hasPrefix("after:") == true ? String(token?.dropFirst(6) ?? "") : ""
            // An offset where a name should stand.
            let usesOffset = fault.breaks("R-LIST-2")
            let rest = usesOffset ? Array(mine.dropFirst(Int(last) ?? 0)) : mine.filter { $0.name > last }
            let page = fault.breaks("R-LIST-2/long") ? Array(rest.prefix(max(most, 3))) : Array(rest.prefix(most))
            var members: JSONObject = [
                "volumes": .array(
                    page.map { name, volume in
                        var entry = reply(name, volume)
                        if fault.breaks("R-LIST-1") { entry["name"] = nil }
                        return entry
                    })
            ]
            if rest.count > page.count, let name = page.last?.name {
                members["nextToken"] = .string("after:\(usesOffset ? String((Int(last) ?? 0) + page.count) : name)")
            }
            return members
        }
    }

    func expand(_ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        let wanted = try size(request, ignoresLimit: fault.breaks("R-EXP-3"))
        return try store.change { state in
            var volume = try existing(name, state, missing: fault.breaks("R-ERR-2") ? "INTERNAL" : "NOT_FOUND")
            let size = volume["size"]?.integerValue ?? 0
            volume["size"] = .integer(fault.breaks("R-EXP-2") ? wanted : max(size, wanted))
            if !fault.breaks("R-EXP-1") { state["volumes", name] = volume }
            return ["volume": reply(name, volume)]
        }
    }
}
