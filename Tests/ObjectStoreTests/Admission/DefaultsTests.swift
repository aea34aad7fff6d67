import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Defaults")
struct DefaultsTests {
    private func defaulted(_ kind: ResourceKind, _ object: JSONValue) throws -> JSONValue {
        var object = object
        try Defaults.apply(to: &object, kind)
        return object
    }

    @Test("defaults change nothing the second time", arguments: ResourceKind.all)
    func idempotent(kind: ResourceKind) throws {
        let objects: [ResourceKind: JSONValue] = [
            .persistentVolumeClaim: ValidObjects.claim, .persistentVolume: ValidObjects.volume,
            .storageClass: ValidObjects.storageClass, .secret: ValidObjects.secret, .pod: ValidObjects.pod,
            .statefulSet: ValidObjects.statefulSet, .configMap: ValidObjects.configMap,
        ]
        let once = try defaulted(kind, objects[kind] ?? ["metadata": ["name": "a"]])
        #expect(try defaulted(kind, once).encoded == once.encoded)
    }

    @Test("a claim gets its mode, and its size the canonical form")
    func claim() throws {
        let claim = try defaulted(
            .persistentVolumeClaim, ["spec": ["resources": ["requests": ["storage": "1024Mi"]], "future": 1]])
        #expect(
            claim == [
                "spec": [
                    "resources": ["requests": ["storage": "1Gi"]], "future": 1, "volumeMode": "Filesystem",
                ]
            ])
    }

    @Test("a size that is written as a number becomes a quantity")
    func numericSize() throws {
        let claim = try defaulted(.persistentVolumeClaim, ["spec": ["resources": ["requests": ["storage": 1000]]]])
        #expect(claim.at("spec", "resources", "requests", "storage") == "1k")
    }

    @Test("a malformed quantity is a bad request, in the words of Kubernetes' decoder")
    func malformedQuantity() {
        let error = #expect(throws: StatusError.self) {
            try defaulted(
                .persistentVolumeClaim,
                ["apiVersion": "v1", "spec": ["resources": ["requests": ["storage": "8 Gi"]]]])
        }
        #expect(error?.code == 400)
        #expect(
            error?.message
                == "PersistentVolumeClaim in version \"v1\" cannot be handled as a PersistentVolumeClaim: quantities must "
                + "match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
    }

    @Test("a volume gets its policy and its mode")
    func volume() throws {
        let volume = try defaulted(.persistentVolume, ["spec": ["capacity": ["storage": "0.5Gi"]]])
        #expect(
            volume == [
                "spec": [
                    "capacity": ["storage": "512Mi"], "persistentVolumeReclaimPolicy": "Retain",
                    "volumeMode": "Filesystem",
                ]
            ])
    }

    @Test(
        "a source gets its defaults, and keeps what it has",
        arguments: [
            ("hostPath", ["path": "/x"], ["path": "/x", "type": ""]),
            ("hostPath", ["path": "/x", "type": "Directory"], ["path": "/x", "type": "Directory"]),
            ("iscsi", [:], ["iscsiInterface": "default"]),
            ("rbd", ["user": "me"], ["user": "me", "pool": "rbd", "keyring": "/etc/ceph/keyring"]),
            (
                "azureDisk", [:],
                ["cachingMode": "ReadWrite", "kind": "Shared", "fsType": "ext4", "readOnly": false]
            ),
            ("scaleIO", [:], ["storageMode": "ThinProvisioned", "fsType": "xfs"]),
            ("nfs", ["path": "/x"], ["path": "/x"]),
        ] as [(String, JSONValue, JSONValue)])
    func source(type: String, given: JSONValue, expected: JSONValue) throws {
        let volume = try defaulted(.persistentVolume, ["spec": .object([type: given])])
        #expect(volume["spec"]?[type] == expected)
    }

    @Test("a class deletes, and binds at once")
    func storageClass() throws {
        #expect(
            try defaulted(.storageClass, ["provisioner": "p"]) == [
                "provisioner": "p", "reclaimPolicy": "Delete", "volumeBindingMode": "Immediate",
            ])
    }

    @Test("stringData goes into data, and wins")
    func secret() throws {
        let secret = try defaulted(
            .secret, ["data": ["a": "YQ==", "b": "Yg=="], "stringData": ["b": "hunter2", "c": ""]])
        #expect(
            secret == ["data": ["a": "YQ==", "b": "aHVudGVyMg==", "c": ""], "type": "Opaque"])
    }

    @Test("data that is no base 64 is a bad request, which shows nothing of it")
    func brokenSecret() {
        let error = #expect(throws: StatusError.self) {
            try defaulted(.secret, ["data": ["password": "hunter2!"]])
        }
        #expect(
            error?.message
                == "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input byte 7")
    }

    @Test("a namespace is labelled with its name")
    func namespace() throws {
        let namespace = try defaulted(.namespace, ["metadata": ["name": "n"]])
        #expect(namespace.at("metadata", "labels") == ["kubernetes.io/metadata.name": "n"])
    }

    @Test("a pod gets what Kubernetes gives it")
    func pod() throws {
        let pod = try defaulted(
            .pod,
            [
                "spec": [
                    "containers": [
                        [
                            "name": "a", "image": "nginx", "ports": [["containerPort": 80]],
                            "resources": ["limits": ["cpu": "0.5"]], "livenessProbe": ["httpGet": ["port": 80]],
                        ]
                    ],
                    "volumes": [["name": "v"], ["name": "s", "secret": ["secretName": "x"]]],
                ]
            ])
        let container: JSONValue = [
            "name": "a", "image": "nginx", "ports": [["containerPort": 80, "protocol": "TCP"]],
            "resources": ["limits": ["cpu": "500m"], "requests": ["cpu": "500m"]],
            "livenessProbe": [
                "httpGet": ["port": 80, "path": "/", "scheme": "HTTP"], "timeoutSeconds": 1, "periodSeconds": 10,
                "successThreshold": 1, "failureThreshold": 3,
            ],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": "Always",
        ]
        #expect(
            pod["spec"] == [
                "containers": [container],
                "volumes": [
                    ["name": "v", "emptyDir": [:]],
                    ["name": "s", "secret": ["secretName": "x", "defaultMode": 420]],
                ],
                "restartPolicy": "Always", "dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler",
                "securityContext": [:], "terminationGracePeriodSeconds": 30, "enableServiceLinks": true,
            ])
    }

    @Test(
        "an image is pulled always when its tag is the latest",
        arguments: [
            ("nginx", "Always"), ("nginx:latest", "Always"), ("nginx:1", "IfNotPresent"),
            ("localhost:5000/nginx", "Always"), ("localhost:5000/nginx:1", "IfNotPresent"),
            ("nginx@sha256:0", "IfNotPresent"),
        ])
    func pullPolicy(image: String, policy: String) throws {
        let pod = try defaulted(.pod, ["spec": ["containers": [["image": .string(image)]]]])
        #expect(pod.at("spec", "containers")?.arrayValue?.first?["imagePullPolicy"] == .string(policy))
    }

    @Test("a stateful set gets what apps/v1 gives it")
    func statefulSet() throws {
        let set = try defaulted(
            .statefulSet,
            [
                "apiVersion": "apps/v1",
                "spec": ["volumeClaimTemplates": [["metadata": ["name": "www"], "spec": [:]]]],
            ])
        #expect(
            set["spec"] == [
                "volumeClaimTemplates": [
                    [
                        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": ["name": "www"],
                        "spec": ["volumeMode": "Filesystem"], "status": ["phase": "Pending"],
                    ]
                ],
                "podManagementPolicy": "OrderedReady",
                "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 0]],
                "persistentVolumeClaimRetentionPolicy": ["whenDeleted": "Retain", "whenScaled": "Retain"],
                "replicas": 1, "revisionHistoryLimit": 10,
            ])
    }

    @Test("an old manifest of apps/v1beta1 selects by its template's labels, and updates nothing by itself")
    func oldStatefulSet() throws {
        let set = try defaulted(
            .statefulSet,
            [
                "apiVersion": "apps/v1beta1", "metadata": ["name": "web"],
                "spec": ["serviceName": "nginx", "template": ["metadata": ["labels": ["app": "nginx"]], "spec": [:]]],
            ])
        #expect(set.at("spec", "selector") == ["matchLabels": ["app": "nginx"]])
        #expect(set.at("metadata", "labels") == ["app": "nginx"])
        #expect(set.at("spec", "updateStrategy") == ["type": "OnDelete"])
    }
}

@Suite("The first state of an object")
struct InitialStateTests {
    private let now = Timestamp(seconds: 0)

    private func prepared(_ kind: ResourceKind, _ object: JSONValue) -> JSONValue {
        var object = object
        InitialState.prepareCreation(&object, kind, now: now)
        return object
    }

    @Test("a claim and a volume begin as pending")
    func pending() {
        #expect(prepared(.persistentVolumeClaim, [:])["status"] == ["phase": "Pending"])
        #expect(
            prepared(.persistentVolume, [:])["status"] == [
                "phase": "Pending", "lastPhaseTransitionTime": "1970-01-01T00:00:00Z",
            ])
    }

    @Test("a volume's change of phase is noted with its time, unless the writer says it")
    func phaseTransition() {
        let old: JSONValue = ["status": ["phase": "Pending", "lastPhaseTransitionTime": "1960-01-01T00:00:00Z"]]
        var new = old.setting("Available", at: "status", "phase")
        InitialState.prepareStatusUpdate(&new, .persistentVolume, old: old, now: now)
        #expect(new.at("status", "lastPhaseTransitionTime") == "1970-01-01T00:00:00Z")
        var own = new.setting("Bound", at: "status", "phase")
            .setting("2000-01-01T00:00:00Z", at: "status", "lastPhaseTransitionTime")
        InitialState.prepareStatusUpdate(&own, .persistentVolume, old: new, now: now)
        #expect(own.at("status", "lastPhaseTransitionTime") == "2000-01-01T00:00:00Z")
        var same = new
        InitialState.prepareStatusUpdate(&same, .persistentVolume, old: new, now: Timestamp(seconds: 9))
        #expect(same == new)
    }

    @Test("dataSource and dataSourceRef are made to agree")
    func sources() {
        let source: JSONValue = ["kind": "PersistentVolumeClaim", "name": "a"]
        #expect(
            prepared(.persistentVolumeClaim, ["spec": ["dataSource": source]])["spec"] == [
                "dataSource": source, "dataSourceRef": source,
            ])
        #expect(
            prepared(.persistentVolumeClaim, ["spec": ["dataSourceRef": source]])["spec"] == [
                "dataSource": source, "dataSourceRef": source,
            ])
        #expect(
            prepared(.persistentVolumeClaim, ["spec": ["dataSource": ["kind": "Pod", "name": "a"]]])["spec"] == [:])
    }

    @Test(
        "a pod's quality of service follows from what its containers ask for",
        arguments: [
            ([:], "BestEffort"),
            (["requests": ["cpu": "1"]], "Burstable"),
            (["requests": ["cpu": "1", "memory": "1Gi"], "limits": ["cpu": "1", "memory": "1Gi"]], "Guaranteed"),
            (["requests": ["cpu": "1", "memory": "1Gi"], "limits": ["cpu": "2", "memory": "1Gi"]], "Burstable"),
        ] as [(JSONValue, String)])
    func qualityOfService(resources: JSONValue, expected: String) {
        let pod = prepared(.pod, ["spec": ["containers": [["resources": resources]]]])
        #expect(pod["status"] == ["phase": "Pending", "qosClass": .string(expected)])
    }
}
