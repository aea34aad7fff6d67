import Glibc
import JSONTree

extension FaultyDriver {
    func attachment(_ verb: String, _ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        return try store.change { state in
            _ = try verb == "detach" ? nil : existing(name, state)
            switch verb {
            case "attach":
                state["attached", name] = request["node"]?["name"] ?? ""
                return ["device": .string("/dev/faulty-\(name)")]
            case "detach":
                state["attached", name] = nil
                return [:]
            default:
                return ["attached": .bool(fault.breaks("R-ATT-1") || state["attached", name] != nil)]
            }
        }
    }

    func mount(_ request: JSONValue) throws -> JSONObject {
        let name = try volumeName(request)
        let target = try target(request)
        _ = try store.change { state in try existing(name, state) }
        if isMounted(target) {
            if fault.breaks("R-MOUNT-1") { throw Refusal("INTERNAL", "\(target) is busy") }
            return [:]
        }
        if fault.breaks("R-MOUNT-2") { return [:] }
        guard Glibc.mount(directory(name), target, nil, UInt(MS_BIND), nil) == 0 else {
            throw Refusal("INTERNAL", "mount: \(String(cString: strerror(errno)))")
        }
        guard request["readOnly"] == true, !fault.breaks("R-MOUNT-3") else { return [:] }
        let flags = UInt(MS_BIND) | UInt(MS_REMOUNT) | UInt(MS_RDONLY)
        guard Glibc.mount(nil, target, nil, flags, nil) == 0 else {
            throw Refusal("INTERNAL", "remount: \(String(cString: strerror(errno)))")
        }
        return [:]
    }

    func unmount(_ request: JSONValue) throws -> JSONObject {
        let target = try target(request)
        guard isMounted(target) else { return [:] }
        guard umount2(target, 0) == 0 else { throw Refusal("INTERNAL", "umount: \(String(cString: strerror(errno)))") }
        return [:]
    }

    private func target(_ request: JSONValue) throws -> String {
        guard let target = request["target"]?.stringValue else {
            throw Refusal("INVALID_ARGUMENT", "there is no target in the request", field: "target")
        }
        return target
    }

    private func isMounted(_ target: String) -> Bool {
        let table = String(decoding: readFile("/proc/self/mountinfo") ?? [], as: UTF8.self)
        return table.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 4 && fields[4] == target
        }
    }
}
