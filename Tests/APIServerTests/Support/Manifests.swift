import Foundation
import JSONTree

/// Objects that many tests use.
enum Manifests {
    static func claim(_ name: String, namespace: String? = nil, size: String = "1Gi") -> JSONValue {
        var claim: JSONValue = [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": .string(name)],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": .string(size)]],
                "storageClassName": "fast",
            ],
        ]
        if let namespace { claim.set(.string(namespace), at: "metadata", "namespace") }
        return claim
    }

    static func configMap(_ name: String, _ data: [String: String] = [:]) -> JSONValue {
        ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "data": JSONValue(data)]
    }

    static let storageClass: JSONValue = [
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "fast"],
        "provisioner": "berth.dev/hostpath",
    ]

    static func statefulSet(_ name: String, apiVersion: String = "apps/v1") -> JSONValue {
        [
            "apiVersion": .string(apiVersion), "kind": "StatefulSet", "metadata": ["name": .string(name)],
            "spec": [
                "serviceName": "nginx", "replicas": 2, "selector": ["matchLabels": ["app": "nginx"]],
                "template": [
                    "metadata": ["labels": ["app": "nginx"]],
                    "spec": ["containers": [["name": "nginx", "image": "nginx:1"]]],
                ],
            ],
        ]
    }
}

func fileText(_ path: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
}
