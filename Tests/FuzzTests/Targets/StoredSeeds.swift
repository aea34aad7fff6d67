import JSONTree

@testable import KubernetesAPI

/// An object of every kind as the store keeps it: with what the server adds, two managers, and lists of every type.
enum StoredSeeds {
    static func object(_ kind: ResourceKind) -> JSONValue { objects[kind] ?? [:] }

    /// As a client writes it: without what is the server's.
    static func manifest(_ kind: ResourceKind, name: String, namespace: String = "default") -> JSONValue {
        var object = object(kind)
        var metadata: JSONValue = ["name": .string(name)]
        if kind.isNamespaced { metadata["namespace"] = .string(namespace) }
        metadata["labels"] = object.at("metadata", "labels")
        metadata["annotations"] = object.at("metadata", "annotations")
        object["metadata"] = metadata
        object["status"] = nil
        return object
    }

    private static let objects: [ResourceKind: JSONValue] = Dictionary(
        uniqueKeysWithValues: ResourceKind.all.map { kind in
            var object: JSONValue = ["apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind)]
            var metadata: JSONValue = [
                "name": "a", "uid": "3f0e0b1e-5f5e-4f43-9f62-3a4c1f1d7a11", "resourceVersion": "7", "generation": 1,
                "creationTimestamp": "2026-01-31T12:00:00Z", "labels": ["app": "a"], "annotations": ["note": "b"],
                "finalizers": ["example.com/a", "example.com/b"],
                "ownerReferences": [["apiVersion": "v1", "kind": "Pod", "name": "o", "uid": "u-1"]],
            ]
            if kind.isNamespaced { metadata["namespace"] = "default" }
            metadata["managedFields"] = [
                [
                    "manager": "kubectl", "operation": "Apply", "apiVersion": .string(kind.apiVersion),
                    "time": "2026-01-31T12:00:00Z", "fieldsType": "FieldsV1",
                    "fieldsV1": [
                        "f:metadata": [
                            "f:labels": [".": [:], "f:app": [:]], "f:finalizers": ["v:\"example.com/a\"": [:]],
                            "f:ownerReferences": ["k:{\"uid\":\"u-1\"}": [".": [:], "f:name": [:]]],
                        ]
                    ],
                ],
                [
                    "manager": "edit", "operation": "Update", "apiVersion": .string(kind.apiVersion),
                    "time": "2026-01-31T12:00:00Z", "fieldsType": "FieldsV1",
                    "fieldsV1": ["f:metadata": ["f:annotations": ["f:note": [:]]]],
                ],
            ]
            object["metadata"] = metadata
            for (key, value) in content(kind) { object[key] = value }
            return (kind, object)
        })

    private static func content(_ kind: ResourceKind) -> JSONObject {
        switch kind {
        case .namespace: ["spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"]]
        case .secret: ["type": "Opaque", "data": ["k": "dmFsdWU="]]
        case .configMap: ["data": ["k": "v"], "binaryData": ["b": "AAE="]]
        case .event:
            [
                "involvedObject": ["kind": "Pod", "namespace": "default", "name": "a", "uid": "u-1"], "reason": "R",
                "message": "m", "type": "Normal", "count": 1, "firstTimestamp": "2026-01-31T12:00:00Z",
                "lastTimestamp": "2026-01-31T12:00:00Z", "source": ["component": "c"],
            ]
        case .node:
            [
                "spec": ["taints": [["key": "k", "effect": "NoSchedule"]]],
                "status": [
                    "capacity": ["cpu": "2", "memory": "4Gi"],
                    "addresses": [["type": "InternalIP", "address": "10.0.0.1"]],
                    "conditions": [["type": "Ready", "status": "True"]],
                ],
            ]
        case .pod:
            ["spec": podSpec, "status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]]]
        case .persistentVolume:
            [
                "spec": [
                    "capacity": ["storage": "1Gi"], "accessModes": ["ReadWriteOnce"], "storageClassName": "standard",
                    "persistentVolumeReclaimPolicy": "Delete", "mountOptions": ["hard"],
                    "hostPath": ["path": "/srv/a", "type": "Directory"],
                    "claimRef": ["kind": "PersistentVolumeClaim", "namespace": "default", "name": "a", "uid": "u-2"],
                    "nodeAffinity": [
                        "required": [
                            "nodeSelectorTerms": [
                                ["matchExpressions": [["key": "zone", "operator": "In", "values": ["a", "b"]]]]
                            ]
                        ]
                    ],
                ],
                "status": ["phase": "Bound"],
            ]
        case .persistentVolumeClaim:
            [
                "spec": claimSpec,
                "status": [
                    "phase": "Pending", "conditions": [["type": "Resizing", "status": "True"]],
                    "capacity": ["storage": "1Gi"],
                ],
            ]
        case .storageClass:
            [
                "provisioner": "example.com/p", "parameters": ["a": "b"], "reclaimPolicy": "Delete",
                "volumeBindingMode": "Immediate", "mountOptions": ["hard", "ro"], "allowVolumeExpansion": true,
                "allowedTopologies": [["matchLabelExpressions": [["key": "zone", "values": ["a"]]]]],
            ]
        case .volumeAttachment:
            [
                "spec": ["attacher": "example.com", "nodeName": "n", "source": ["persistentVolumeName": "a"]],
                "status": ["attached": true, "attachmentMetadata": ["device": "/dev/sdb"]],
            ]
        case .statefulSet:
            [
                "spec": [
                    "serviceName": "a", "replicas": 2, "selector": ["matchLabels": ["app": "a"]],
                    "template": ["metadata": ["labels": ["app": "a"]], "spec": podSpec],
                    "volumeClaimTemplates": [["metadata": ["name": "data"], "spec": claimSpec]],
                    "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
                ],
                "status": ["replicas": 2, "currentRevision": "a-1"],
            ]
        case .lease:
            ["spec": ["holderIdentity": "a", "leaseDurationSeconds": 15, "renewTime": "2026-01-31T12:00:00.000000Z"]]
        default: [:]
        }
    }

    private static let claimSpec: JSONValue = [
        "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]], "storageClassName": "standard",
        "volumeMode": "Filesystem",
    ]

    /// Lists with keys, and one key twice: two environment variables of one name are legal.
    private static let podSpec: JSONValue = [
        "containers": [
            [
                "name": "c", "image": "i", "args": ["x", "y"],
                "env": [["name": "A", "value": "1"], ["name": "A", "value": "2"], ["name": "B", "value": "3"]],
                "ports": [
                    ["containerPort": 80, "protocol": "TCP"], ["containerPort": 80, "protocol": "UDP"],
                    ["containerPort": 80, "protocol": "TCP", "name": "again"],
                ],
                "volumeMounts": [["name": "data", "mountPath": "/data"]],
                "resources": ["requests": ["cpu": "100m"], "limits": ["memory": "1Gi"]],
            ]
        ],
        "volumes": [
            ["name": "data", "persistentVolumeClaim": ["claimName": "a"]],
            [
                "name": "p",
                "projected": ["sources": [["secret": ["name": "s", "items": [["key": "k", "path": "p"]]]]]],
            ],
        ],
        "tolerations": [["key": "k", "operator": "Exists"]], "nodeSelector": ["disk": "ssd"],
        "topologySpreadConstraints": [
            ["maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"]
        ],
        "imagePullSecrets": [["name": "s"]], "hostAliases": [["ip": "10.0.0.1", "hostnames": ["h"]]],
    ]
}
