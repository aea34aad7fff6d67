import JSONTree

/// Brings objects of older versions into the version that is stored.
enum StoredVersion {
    /// `object` is right for `version`. The only older version that is served is apps/v1beta1, whose StatefulSets
    /// have all fields of apps/v1 and other defaults for two of them.
    static func convert(_ object: JSONValue, of kind: ResourceKind, from version: String) -> JSONValue {
        var object = object
        object["apiVersion"] = .string(kind.apiVersion)
        guard kind == .statefulSet, version == "v1beta1" else { return object }
        if let labels = object.at("spec", "template", "metadata", "labels") {
            if object.at("spec", "selector") == nil { object.set(["matchLabels": labels], at: "spec", "selector") }
            if object.at("metadata", "labels")?.objectValue?.isEmpty ?? true {
                object.set(labels, at: "metadata", "labels")
            }
        }
        if object.at("spec", "updateStrategy") == nil, object["spec"] != nil {
            object.set(["type": "OnDelete"], at: "spec", "updateStrategy")
        }
        return object
    }
}
