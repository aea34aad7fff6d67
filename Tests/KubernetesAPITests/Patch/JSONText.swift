import JSONTree
import KubernetesAPI

/// A JSON document written in a test.
func json(_ text: String) throws -> JSONValue {
    try JSONParser.parse(text.utf8)
}

/// A claim as the store has it.
func storedClaim(_ changes: (inout JSONValue) -> Void = { _ in }) throws -> JSONValue {
    var claim = try json(
        """
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
         "metadata": {"name": "data", "namespace": "default", "uid": "6b1f", "resourceVersion": "7",
                      "labels": {"app": "db"}, "finalizers": ["kubernetes.io/pvc-protection"]},
         "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}},
                  "storageClassName": "fast", "volumeMode": "Filesystem"},
         "status": {"phase": "Pending"}}
        """)
    changes(&claim)
    return claim
}

let noon = Timestamp(seconds: 1_800_000_000)
let later = Timestamp(seconds: 1_800_000_060)
