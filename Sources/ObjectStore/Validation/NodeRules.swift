import JSONTree
import KubernetesAPI

enum NodeRules {
    static func check(_ node: JSONValue, _ faults: inout FieldFaults) {
        let path = FieldPath.spec.child("taints")
        var seen: Set<String> = []
        for (position, taint) in (node["spec"] ?? [:]).elements("taints").enumerated() {
            let path = path[position]
            let (key, effect) = (taint.text("key"), taint.text("effect"))
            faults.checkQualifiedName(path.child("key"), key)
            faults.invalid(path.child("value"), taint.text("value"), each: NameRules.labelValue(taint.text("value")))
            if effect.isEmpty {
                faults.required(path.child("effect"))
            } else {
                faults.checkSupported(
                    path.child("effect"), taint["effect"], ["NoSchedule", "PreferNoSchedule", "NoExecute"])
            }
            if !seen.insert("\(key):\(effect)").inserted { faults.duplicate(path, taint) }
        }
        checkStatus(node, &faults)
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        let (oldID, newID) = (old["spec"]?.text("providerID") ?? "", new["spec"]?.text("providerID") ?? "")
        if !oldID.isEmpty, oldID != newID {
            faults.forbidden(
                FieldPath.spec.child("providerID"), "node updates may not change providerID except from \"\" to valid")
        }
    }

    static func checkStatus(_ node: JSONValue, _ faults: inout FieldFaults) {
        for field in ["capacity", "allocatable"] {
            let amounts = node["status"]?[field] ?? [:]
            for (resource, _) in amounts.objectValue ?? [:] {
                guard let quantity = amounts.quantity(resource), quantity.isNegative else { continue }
                faults.invalid(
                    FieldPath.status.child(field)[key: resource], quantity.json, FieldFaults.notNegative)
            }
        }
    }
}
