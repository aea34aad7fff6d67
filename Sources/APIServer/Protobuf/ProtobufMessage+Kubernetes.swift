/// The messages that clients send in protobuf though the server answers JSON: what `kubectl create namespace|secret|
/// configmap` and `kubectl auth can-i` send, and what typed clients write often. The numbers are those of the
/// `generated.proto` files in k8s.io/api and k8s.io/apimachinery.
extension ProtobufMessage {
    /// By `apiVersion` and `kind`.
    static func named(_ apiVersion: String, _ kind: String) -> ProtobufMessage? {
        switch (apiVersion, kind) {
        case ("v1", "Namespace"): namespace
        case ("v1", "Secret"): secret
        case ("v1", "ConfigMap"): configMap
        case ("v1", "Event"): event
        case ("coordination.k8s.io/v1", "Lease"): lease
        case (_, "DeleteOptions"): deleteOptions
        case ("authorization.k8s.io/v1", "SelfSubjectAccessReview"): selfSubjectAccessReview
        case ("authorization.k8s.io/v1", "SelfSubjectRulesReview"): selfSubjectRulesReview
        default: nil
        }
    }

    private static let objectMeta = ProtobufMessage([
        1: Field("name", .string), 2: Field("generateName", .string), 3: Field("namespace", .string),
        4: Field("selfLink", .ignored), 5: Field("uid", .string), 6: Field("resourceVersion", .string),
        7: Field("generation", .integer), 8: Field("creationTimestamp", .time), 9: Field("deletionTimestamp", .time),
        10: Field("deletionGracePeriodSeconds", .integer), 11: Field("labels", .map(.string)),
        12: Field("annotations", .map(.string)), 13: Field("ownerReferences", .list(.message(ownerReference))),
        14: Field("finalizers", .list(.string)),
        // The server keeps its own record of who manages which field.
        17: Field("managedFields", .ignored),
    ])

    private static let ownerReference = ProtobufMessage([
        1: Field("kind", .string), 3: Field("name", .string), 4: Field("uid", .string),
        5: Field("apiVersion", .string), 6: Field("controller", .bool), 7: Field("blockOwnerDeletion", .bool),
    ])

    private static let namespace = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)),
        2: Field("spec", .message(ProtobufMessage([1: Field("finalizers", .list(.string))]))),
        3: Field(
            "status",
            .message(ProtobufMessage([1: Field("phase", .string), 2: Field("conditions", .ignored)]))),
    ])

    private static let secret = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)), 2: Field("data", .map(.bytes)), 3: Field("type", .string),
        4: Field("stringData", .map(.string)), 5: Field("immutable", .bool),
    ])

    private static let configMap = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)), 2: Field("data", .map(.string)),
        3: Field("binaryData", .map(.bytes)), 4: Field("immutable", .bool),
    ])

    private static let objectReference = ProtobufMessage([
        1: Field("kind", .string), 2: Field("namespace", .string), 3: Field("name", .string),
        4: Field("uid", .string), 5: Field("apiVersion", .string), 6: Field("resourceVersion", .string),
        7: Field("fieldPath", .string),
    ])

    private static let event = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)), 2: Field("involvedObject", .message(objectReference)),
        3: Field("reason", .string), 4: Field("message", .string),
        5: Field("source", .message(ProtobufMessage([1: Field("component", .string), 2: Field("host", .string)]))),
        6: Field("firstTimestamp", .time), 7: Field("lastTimestamp", .time), 8: Field("count", .integer),
        9: Field("type", .string), 10: Field("eventTime", .microTime),
        11: Field(
            "series",
            .message(ProtobufMessage([1: Field("count", .integer), 2: Field("lastObservedTime", .microTime)]))),
        12: Field("action", .string), 13: Field("related", .message(objectReference)),
        14: Field("reportingComponent", .string), 15: Field("reportingInstance", .string),
    ])

    private static let lease = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)),
        2: Field(
            "spec",
            .message(
                ProtobufMessage([
                    1: Field("holderIdentity", .string), 2: Field("leaseDurationSeconds", .integer),
                    3: Field("acquireTime", .microTime), 4: Field("renewTime", .microTime),
                    5: Field("leaseTransitions", .integer), 6: Field("strategy", .string),
                    7: Field("preferredHolder", .string),
                ]))),
    ])

    private static let deleteOptions = ProtobufMessage([
        1: Field("gracePeriodSeconds", .integer),
        2: Field(
            "preconditions",
            .message(ProtobufMessage([1: Field("uid", .string), 2: Field("resourceVersion", .string)]))),
        3: Field("orphanDependents", .bool), 4: Field("propagationPolicy", .string),
        5: Field("dryRun", .list(.string)), 6: Field("ignoreStoreReadErrorWithClusterBreakingPotential", .bool),
    ])

    private static let resourceAttributes = ProtobufMessage([
        1: Field("namespace", .string), 2: Field("verb", .string), 3: Field("group", .string),
        4: Field("version", .string), 5: Field("resource", .string), 6: Field("subresource", .string),
        7: Field("name", .string), 8: Field("fieldSelector", .ignored), 9: Field("labelSelector", .ignored),
    ])

    private static let accessReviewStatus = ProtobufMessage([
        1: Field("allowed", .bool), 2: Field("reason", .string), 3: Field("evaluationError", .string),
        4: Field("denied", .bool),
    ])

    private static let selfSubjectAccessReview = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)),
        2: Field(
            "spec",
            .message(
                ProtobufMessage([
                    1: Field("resourceAttributes", .message(resourceAttributes)),
                    2: Field(
                        "nonResourceAttributes",
                        .message(ProtobufMessage([1: Field("path", .string), 2: Field("verb", .string)]))),
                ]))),
        3: Field("status", .message(accessReviewStatus)),
    ])

    private static let selfSubjectRulesReview = ProtobufMessage([
        1: Field("metadata", .message(objectMeta)),
        2: Field("spec", .message(ProtobufMessage([1: Field("namespace", .string)]))), 3: Field("status", .ignored),
    ])
}
