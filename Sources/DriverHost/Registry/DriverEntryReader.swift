import DriverProtocol
import JSONTree

/// Reads one entry of drivers.json.
struct DriverEntryReader {
    /// What is wrong with the entry; `key` says at which member's line.
    struct Failure: Error {
        var key: String?
        var message: String
    }

    private let members: JSONObject
    private let directory: String

    /// - Parameter directory: Of drivers.json; `exec` is relative to it.
    static func read(_ json: JSONValue, directory: String) throws(Failure) -> DriverEntry {
        guard let members = json.objectValue else {
            throw Failure(message: "an entry of 'drivers' is an object, and this is of type \(json.typeName)")
        }
        return try DriverEntryReader(members: members, directory: directory).entry()
    }

    private static let known = [
        "name", "provisioners", "exec", "protocol", "mode", "config", "env", "timeouts", "concurrency", "runAs",
        "sha256",
    ]

    private func entry() throws(Failure) -> DriverEntry {
        if let unknown = members.keys.first(where: { !Self.known.contains($0) }) {
            throw Failure(
                key: unknown,
                message: "the field '\(unknown)' is not known; the fields are \(Self.known.joined(separator: ", "))")
        }
        guard let name = try string("name") else {
            throw Failure(message: "an entry needs a 'name'")
        }
        guard Self.isName(name) else {
            throw Failure(
                key: "name",
                message: "the name \"\(name)\" is not allowed: it has 1 to 63 letters, digits, '.', '_', '~' or "
                    + "'-', and begins with a letter or digit")
        }
        let wireProtocol = try wireProtocol()
        var entry = DriverEntry(
            name: name, provisioners: try provisioners(wireProtocol, name), executable: try executable(),
            mode: try mode())
        entry.wireProtocol = wireProtocol
        if wireProtocol == .flexVolume { try checkFlexVolume() }
        if let config = members["config"] {
            guard let object = config.objectValue else { throw wrongType("config", "an object", config) }
            entry.config = object
        }
        entry.environment = try environment()
        try readTimeouts(into: &entry)
        if let concurrency = members["concurrency"] {
            guard let number = concurrency.integerValue, (1...256).contains(number) else {
                throw Failure(key: "concurrency", message: "'concurrency' is a number from 1 to 256")
            }
            entry.concurrency = Int(number)
        }
        entry.runAs = try string("runAs")
        entry.sha256 = try digest()
        return entry
    }

    private func provisioners(
        _ wireProtocol: DriverEntry.WireProtocol, _ name: String
    ) throws(Failure) -> [String] {
        guard let value = members["provisioners"] else {
            if wireProtocol == .flexVolume { return DriverEntry.flexVolumeProvisioners(name) }
            throw Failure(
                message:
                    "'provisioners' is missing: an array of the StorageClass provisioner names that the driver serves")
        }
        guard let names = value.arrayValue, !names.isEmpty || wireProtocol == .flexVolume else {
            throw Failure(key: "provisioners", message: "'provisioners' is an array of at least one name")
        }
        var result: [String] = []
        for name in names {
            guard let name = name.stringValue, Self.isProvisioner(name) else {
                throw Failure(
                    key: "provisioners",
                    message: "the provisioner \(String(decoding: name.encoded, as: UTF8.self)) is no "
                        + "name: it has 1 to 253 letters, digits, '.', '_', '-' or '/'")
            }
            if !result.contains(name) { result.append(name) }
        }
        return result
    }

    private func executable() throws(Failure) -> String {
        guard let path = try string("exec"), !path.isEmpty else {
            throw Failure(key: "exec", message: "'exec' is missing: the path of the driver's executable")
        }
        return path.hasPrefix("/") ? path : "\(directory)/\(path)"
    }

    private func mode() throws(Failure) -> DriverEntry.Mode? {
        guard let word = try string("mode") else { return nil }
        guard let mode = DriverEntry.Mode(rawValue: word) else {
            throw Failure(key: "mode", message: "'mode' is \"once\" or \"resident\", and this is \"\(word)\"")
        }
        return mode
    }

    private func wireProtocol() throws(Failure) -> DriverEntry.WireProtocol {
        guard let word = try string("protocol") else { return .berth }
        guard let wireProtocol = DriverEntry.WireProtocol(rawValue: word) else {
            throw Failure(
                key: "protocol",
                message:
                    "'protocol' is \"berth\", as it is when it is left out, or \"flexvolume\", and this is \"\(word)\"")
        }
        return wireProtocol
    }

    /// What has no meaning in FlexVolume is a mistake.
    private func checkFlexVolume() throws(Failure) {
        if try mode() == .resident {
            throw Failure(key: "mode", message: "a FlexVolume driver is started for each call; leave 'mode' out")
        }
        if members["config"] != nil {
            throw Failure(
                key: "config",
                message:
                    "a FlexVolume driver gets no configuration; leave 'config' out, and use the options of the volumes, "
                    + "or 'env'")
        }
    }

    private func environment() throws(Failure) -> [String: String] {
        guard let value = members["env"] else { return [:] }
        guard let object = value.objectValue else { throw wrongType("env", "an object of strings", value) }
        var result: [String: String] = [:]
        for (name, value) in object {
            guard let text = value.stringValue else { throw wrongType("env", "an object of strings", value) }
            guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "=")), !name.utf8.contains(0), !text.utf8.contains(0)
            else {
                throw Failure(key: "env", message: "'\(name)' cannot be a variable of the environment")
            }
            guard !StartupVariables.contains(name) else {
                throw Failure(
                    key: "env",
                    message:
                        "'env' must not set \(name), which makes a loader or an interpreter run other code than the driver's. "
                        + "Remove it; if the driver needs it, register a script that sets it and starts the driver")
            }
            result[name] = text
        }
        return result
    }

    private func readTimeouts(into entry: inout DriverEntry) throws(Failure) {
        guard let value = members["timeouts"] else { return }
        guard let object = value.objectValue else {
            throw wrongType("timeouts", "an object from a verb, or \"default\", to seconds", value)
        }
        for (word, value) in object {
            guard let seconds = value.doubleValue, seconds > 0, seconds <= 86400 else {
                throw Failure(key: "timeouts", message: "the timeout of '\(word)' is a number of seconds up to 86400")
            }
            let verb = Verb(rawValue: word)
            if word == "default" {
                entry.defaultTimeout = .seconds(seconds)
            } else if Verb.all.contains(verb) || verb == .getVolumeName {
                entry.timeouts[verb] = .seconds(seconds)
            } else {
                throw Failure(
                    key: "timeouts",
                    message: "'\(word)' is no verb; the verbs are "
                        + Verb.all.map(\.rawValue).joined(separator: ", "))
            }
        }
    }

    private func digest() throws(Failure) -> String? {
        guard let text = try string("sha256")?.lowercased() else { return nil }
        guard text.utf8.count == 64, text.allSatisfy({ $0.isHexDigit && $0.isASCII }) else {
            throw Failure(key: "sha256", message: "'sha256' has 64 hexadecimal digits, as sha256sum prints them")
        }
        return text
    }

    private func string(_ key: String) throws(Failure) -> String? {
        guard let value = members[key], !value.isNull else { return nil }
        guard let text = value.stringValue else { throw wrongType(key, "a string", value) }
        guard !text.utf8.contains(0) else { throw Failure(key: key, message: "'\(key)' holds a NUL byte") }
        return text
    }

    private func wrongType(_ key: String, _ expected: String, _ found: JSONValue) -> Failure {
        Failure(key: key, message: "'\(key)' is \(expected), and this is of type \(found.typeName)")
    }

    static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= 63, isAlphanumeric(first) else { return false }
        return name.utf8.allSatisfy { isAlphanumeric($0) || Array("._~-".utf8).contains($0) }
    }

    static func isProvisioner(_ name: String) -> Bool {
        (1...253).contains(name.utf8.count)
            && name.utf8.allSatisfy { isAlphanumeric($0) || Array("._-/".utf8).contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
