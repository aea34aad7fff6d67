import JSONTree
import KubernetesAPI

/// The rules for secrets. No fault ever shows a value.
enum SecretRules {
    /// All values together, decoded: 1 MiB.
    static let sizeLimit = 1 << 20

    static func check(_ secret: JSONValue, _ faults: inout FieldFaults) {
        let path = FieldPath("data")
        let data = secret.members("data")
        var size = 0
        for (key, value) in data {
            faults.invalid(path[key: key], key, each: NameRules.configKey(key))
            size += decodedSize(value)
        }
        if size > sizeLimit { faults.tooLong(path, limit: sizeLimit) }

        func require(_ keys: String...) {
            for key in keys where data[key] == nil { faults.required(path[key: key]) }
        }
        switch secret.text("type") {
        case "kubernetes.io/service-account-token":
            let annotation = "kubernetes.io/service-account.name"
            if (secret["metadata"]?["annotations"]?.text(annotation) ?? "").isEmpty {
                faults.required(FieldPath.metadata.child("annotations")[key: annotation])
            }
        case "kubernetes.io/dockercfg": checkDocument(".dockercfg", data, path, &faults)
        case "kubernetes.io/dockerconfigjson": checkDocument(".dockerconfigjson", data, path, &faults)
        case "kubernetes.io/basic-auth":
            if data["username"] == nil, data["password"] == nil { require("username", "password") }
        case "kubernetes.io/ssh-auth":
            if (data["ssh-privatekey"]?.stringValue ?? "").isEmpty { faults.required(path[key: "ssh-privatekey"]) }
        case "kubernetes.io/tls": require("tls.crt", "tls.key")
        default: break
        }
    }

    private static func checkDocument(
        _ key: String, _ data: JSONObject, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        guard let value = data[key] else { return faults.required(path[key: key]) }
        let isDocument = (try? JSONParser.parse(Base64.decode(value.stringValue ?? "")).objectValue) ?? nil != nil
        // The parser's own message could show a part of the secret.
        if !isDocument {
            faults.invalid(path[key: key], "<secret contents redacted>", "must be a JSON object")
        }
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        faults.checkImmutable(FieldPath("type"), old: old["type"], new: new["type"])
        guard old.flag("immutable") else { return }
        checkFrozen(old: old, new: new, "data", faults: &faults)
    }

    /// What `immutable: true` freezes; ConfigMaps have it too.
    static func checkFrozen(old: JSONValue, new: JSONValue, _ fields: String..., faults: inout FieldFaults) {
        let message = "field is immutable when `immutable` is set"
        if !new.flag("immutable") { faults.forbidden(FieldPath("immutable"), message) }
        for field in fields where old.members(field) != new.members(field) {
            faults.forbidden(FieldPath(field), message)
        }
    }

    /// How many bytes base 64 stands for; what is no base 64 was refused before.
    static func decodedSize(_ value: JSONValue) -> Int {
        let text = (value.stringValue ?? "").utf8
        return text.count / 4 * 3 - text.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
    }
}
