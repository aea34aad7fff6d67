import JSONTree
import KubernetesAPI

enum StorageClassRules {
    static let parameterCountLimit = 512
    /// Keys and values together.
    static let parameterSizeLimit = 256 << 10

    static func check(_ storageClass: JSONValue, _ faults: inout FieldFaults) {
        let provisioner = storageClass.text("provisioner")
        if provisioner.isEmpty {
            faults.required(FieldPath("provisioner"))
        } else {
            faults.checkQualifiedName(FieldPath("provisioner"), provisioner.lowercased())
        }
        checkParameters(storageClass.members("parameters"), FieldPath("parameters"), &faults)
        if !storageClass.text("reclaimPolicy").isEmpty {
            faults.checkSupported(
                FieldPath("reclaimPolicy"), storageClass["reclaimPolicy"], ["Delete", "Retain"])
        }
        let mode = FieldPath("volumeBindingMode")
        if storageClass.present("volumeBindingMode") == nil { faults.required(mode) }
        faults.checkSupported(
            mode, storageClass["volumeBindingMode"], ["Immediate", "WaitForFirstConsumer"])
        SelectorRules.checkTopologies(
            storageClass.elements("allowedTopologies"), FieldPath("allowedTopologies"), &faults)
    }

    private static func checkParameters(_ parameters: JSONObject, _ path: FieldPath, _ faults: inout FieldFaults) {
        guard parameters.count <= parameterCountLimit else {
            return faults.tooLong(path, limit: parameterCountLimit)
        }
        var size = 0
        for (key, value) in parameters {
            if key.isEmpty { faults.invalid(path, "", "field can not be empty.") }
            size += key.utf8.count + (value.stringValue?.utf8.count ?? 0)
        }
        if size > parameterSizeLimit { faults.tooLong(path, limit: parameterSizeLimit) }
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        if old.members("parameters") != new.members("parameters") {
            faults.forbidden(FieldPath("parameters"), "updates to parameters are forbidden.")
        }
        for field in ["provisioner", "reclaimPolicy"] where old.text(field) != new.text(field) {
            faults.forbidden(FieldPath(field), "updates to \(field) are forbidden.")
        }
        faults.checkImmutable(
            FieldPath("volumeBindingMode"), old: old["volumeBindingMode"], new: new["volumeBindingMode"])
    }
}
