import JSONTree
import KubernetesAPI

enum LeaseRules {
    static func check(_ lease: JSONValue, _ faults: inout FieldFaults) {
        let spec = lease["spec"] ?? [:]
        if let duration = spec.present("leaseDurationSeconds"), (duration.integerValue ?? 0) <= 0 {
            faults.invalid(FieldPath.spec.child("leaseDurationSeconds"), duration, "must be greater than 0")
        }
        if let transitions = spec.present("leaseTransitions"), (transitions.integerValue ?? 0) < 0 {
            faults.invalid(
                FieldPath.spec.child("leaseTransitions"), transitions, "must be greater than or equal to 0")
        }
        if spec.present("holderIdentity") != nil, spec.text("holderIdentity").isEmpty {
            faults.invalid(FieldPath.spec.child("holderIdentity"), "", "must not be empty")
        }
    }
}
