import JSONTree
import KubernetesAPI

@testable import ObjectStore

/// One right object of each kind; tests change one thing in it.
enum ValidObjects {
    static let claim: JSONValue = [
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "c", "namespace": "n"],
        "spec": [
            "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
            "storageClassName": "standard", "volumeMode": "Filesystem",
        ],
        "status": ["phase": "Pending"],
    ]

    static let boundClaim = claim.setting("pv1", at: "spec", "volumeName")
        .setting(["phase": "Bound", "capacity": ["storage": "1Gi"]], at: "status")

    static let volume: JSONValue = [
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": "pv1"],
        "spec": [
            "capacity": ["storage": "5Gi"], "accessModes": ["ReadWriteOnce"],
            "persistentVolumeReclaimPolicy": "Retain", "volumeMode": "Filesystem",
            "nfs": ["server": "172.17.0.2", "path": "/tmp"],
        ],
    ]

    static let storageClass: JSONValue = [
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "standard"],
        "provisioner": "kubernetes.io/aws-ebs", "parameters": ["type": "gp2"], "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    ]

    static let attachment: JSONValue = [
        "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": ["name": "a"],
        "spec": [
            "attacher": "berth.dev", "nodeName": "node-1", "source": ["persistentVolumeName": "pv1"],
        ],
    ]

    static let secret: JSONValue = [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": "n"], "type": "Opaque",
        "data": ["password": "aHVudGVyMg=="],
    ]

    static let configMap: JSONValue = [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "m", "namespace": "n"], "data": ["key": "value"],
    ]

    static let pod: JSONValue = defaulted(
        .pod,
        [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "mypod", "namespace": "n"],
            "spec": [
                "containers": [
                    [
                        "name": "db", "image": "mysql:8",
                        "volumeMounts": [["name": "data", "mountPath": "/var/lib/mysql"]],
                    ]
                ],
                "volumes": [["name": "data", "persistentVolumeClaim": ["claimName": "myclaim"]]],
            ],
        ])

    static let statefulSet: JSONValue = defaulted(
        .statefulSet,
        [
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": ["name": "web", "namespace": "n"],
            "spec": [
                "serviceName": "nginx", "replicas": 2, "selector": ["matchLabels": ["app": "nginx"]],
                "template": [
                    "metadata": ["labels": ["app": "nginx"]],
                    "spec": [
                        "containers": [
                            [
                                "name": "nginx", "image": "nginx",
                                "volumeMounts": [["name": "www", "mountPath": "/usr/share/nginx/html"]],
                            ]
                        ]
                    ],
                ],
                "volumeClaimTemplates": [
                    [
                        "metadata": ["name": "www"],
                        "spec": ["accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]]],
                    ]
                ],
            ],
        ])

    static func defaulted(_ kind: ResourceKind, _ object: JSONValue) -> JSONValue {
        var object = object
        do {
            try Defaults.apply(to: &object, kind)
        } catch {
            preconditionFailure("\(kind): \(error)")
        }
        return object
    }
}

extension JSONValue {
    /// A copy in which the value at a path is another one; `nil` removes it.
    func setting(_ value: JSONValue?, at path: String...) -> JSONValue {
        setting(value, at: path[...])
    }

    private func setting(_ value: JSONValue?, at path: ArraySlice<String>) -> JSONValue {
        guard let key = path.first else { return value ?? .null }
        var copy = self
        copy[key] = path.count == 1 ? value : (self[key] ?? [:]).setting(value, at: path.dropFirst())
        return copy
    }
}

/// `field: message` of each fault, as the summary of an `Invalid` error has it.
func faults(creating object: JSONValue, _ kind: ResourceKind) -> [String] {
    Validation.validateCreate(kind, object).map { "\($0.field): \($0.message)" }
}

func faults(
    updating old: JSONValue, to new: JSONValue, _ kind: ResourceKind, subresource: String? = nil
) -> [String] {
    Validation.validateUpdate(kind, old: old, new: new, subresource: subresource).map { "\($0.field): \($0.message)" }
}
