import JSONTree
import KubernetesAPI

enum ConfigMapRules {
    static func check(_ map: JSONValue, _ faults: inout FieldFaults) {
        let (data, binary) = (map.members("data"), map.members("binaryData"))
        var size = 0
        for (key, value) in data {
            let path = FieldPath("data")[key: key]
            faults.invalid(path, key, each: NameRules.configKey(key))
            if binary[key] != nil { faults.invalid(path, .string(key), "duplicate of key present in binaryData") }
            size += value.stringValue?.utf8.count ?? 0
        }
        for (key, value) in binary {
            faults.invalid(FieldPath("binaryData")[key: key], key, each: NameRules.configKey(key))
            size += SecretRules.decodedSize(value)
        }
        if size > SecretRules.sizeLimit { faults.tooLong(.whole, limit: SecretRules.sizeLimit) }
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        guard old.flag("immutable") else { return }
        SecretRules.checkFrozen(old: old, new: new, "data", "binaryData", faults: &faults)
    }
}
