import Foundation
import JSONTree

/// A driver in sh that says what it was told, also what it should keep to itself: `provision` fails and prints its
/// request on stderr, `delete` fails too. Beside it lies one that does both.
struct SadDriver {
    let path: String
    let cured: String

    /// What `Secret`s have in these tests, and nothing else may.
    static let password = "hunter2-swordfish"

    init(in directory: String) throws {
        path = directory + "/sad"
        cured = directory + "/cured"
        let prologue = """
            #!/bin/sh
            request=$(cat)
            if [ "$1" = init ]; then
                echo '{"protocol":"1.0","status":"Success","info":{"protocolVersions":["1.0"],"name":"sad",\
            "version":"0.1","capabilities":["provision","delete"],"parameters":{"type":"object","properties":{"pool":\
            {"type":"string","enum":["fast","slow"],"default":"slow","description":"which disks"}}}}}'
                exit 0
            fi
            """.replacing("\\\n", with: "")
        try Self.write(
            prologue + """

                echo "sad: $1 with $request" >&2
                echo '{"protocol":"1.0","status":"Failure","error":{"code":"RESOURCE_EXHAUSTED","message":"the pool is full"}}'
                exit 1

                """, to: path)
        try Self.write(
            prologue + """

                echo "cured: $1 with $request" >&2
                echo '{"protocol":"1.0","status":"Success","volume":{"id":"v","volumeSource":{"hostPath":{"path":"/v"}}}}'

                """, to: cured)
    }

    var entry: JSONValue { ["name": "sad", "provisioners": ["example.com/sad"], "exec": .string(path)] }

    static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    /// A class with a Secret, and the Secret.
    static let manifests = """
        apiVersion: storage.k8s.io/v1
        kind: StorageClass
        metadata: {name: sad}
        provisioner: example.com/sad
        parameters:
          pool: fast
          csi.storage.k8s.io/provisioner-secret-name: array
          csi.storage.k8s.io/provisioner-secret-namespace: default
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: array, namespace: default}
        stringData: {password: \(password)}

        """
}
