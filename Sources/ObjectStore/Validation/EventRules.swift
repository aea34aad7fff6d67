import JSONTree
import KubernetesAPI

enum EventRules {
    static func check(_ event: JSONValue, _ faults: inout FieldFaults) {
        let namespace = event["metadata"]?.text("namespace") ?? ""
        let involved = event["involvedObject"]?.text("namespace") ?? ""
        // What is about an object in no namespace lies in the default one.
        let isRight = involved.isEmpty ? namespace.isEmpty || namespace == "default" : namespace == involved
        if !isRight {
            faults.invalid(
                FieldPath("involvedObject").child("namespace"), .string(involved), "does not match event.namespace")
        }
        // Events in the new form, which only they have a time to the microsecond, must be complete.
        guard event.present("eventTime") != nil else { return }
        let controller = event.text("reportingComponent")
        if controller.isEmpty {
            faults.required(FieldPath("reportingController"))
        } else {
            faults.checkQualifiedName(FieldPath("reportingController"), controller)
        }
        let limits = ["reportingInstance": 128, "action": 128, "reason": 128]
        for (field, limit) in limits.sorted(by: { $0.key < $1.key }) {
            let value = event.text(field)
            if value.isEmpty { faults.required(FieldPath(field)) }
            if value.utf8.count > limit {
                faults.invalid(FieldPath(field), "", "can have at most \(limit) characters")
            }
        }
        if event.text("message").utf8.count > Event.maximumMessageLength {
            faults.invalid(
                FieldPath("message"), "", "can have at most \(Event.maximumMessageLength) characters")
        }
    }

    static func checkUpdate(old: JSONValue, new: JSONValue, _ faults: inout FieldFaults) {
        guard new.present("eventTime") != nil else { return }
        for field in ["involvedObject", "reason", "reportingComponent", "reportingInstance", "action", "type"] {
            faults.checkImmutable(FieldPath(field), old: old[field], new: new[field])
        }
    }
}
