import JSONTree
import KubernetesAPI
import Testing

@testable import APIServer

@Suite("Tables")
struct TableTests {
    private static let now = Timestamp("2026-11-22T10:00:00Z") ?? .now

    /// The cells by their columns' names.
    private func cells(_ kind: ResourceKind, _ object: JSONValue) throws -> [String: JSONValue] {
        let table = Table(kind, version: "v1", include: .none)
        let prefix = try JSONParser.parse(table.prefix(resourceVersion: 1) + Table.suffix)
        let names = (prefix["columnDefinitions"]?.arrayValue ?? []).compactMap { $0["name"]?.stringValue }
        let row = try JSONParser.parse(table.row(object, now: Self.now))
        let values = row["cells"]?.arrayValue ?? []
        try #require(names.count == values.count)
        return Dictionary(uniqueKeysWithValues: zip(names, values))
    }

    @Test("every kind has a name and as many cells as columns, also for an empty object", arguments: ResourceKind.all)
    func everyKind(kind: ResourceKind) throws {
        let cells = try cells(kind, [:])
        #expect(cells["Name"] != nil)
    }

    @Test("a bound claim shows its volume, size, short access modes and class")
    func boundClaim() throws {
        let cells = try cells(
            .persistentVolumeClaim,
            [
                "metadata": ["name": "data", "creationTimestamp": "2026-11-22T09:55:00Z"],
                "spec": [
                    "volumeName": "pvc-1", "storageClassName": "fast", "volumeMode": "Filesystem",
                    "accessModes": ["ReadWriteOnce"],
                ],
                "status": [
                    "phase": "Bound", "accessModes": ["ReadWriteMany", "ReadWriteOnce"], "capacity": ["storage": "8Gi"],
                ],
            ])
        #expect(cells["Status"] == "Bound")
        #expect(cells["Volume"] == "pvc-1")
        #expect(cells["Capacity"] == "8Gi")
        #expect(cells["Access Modes"] == "RWO,RWX")
        #expect(cells["StorageClass"] == "fast")
        #expect(cells["VolumeAttributesClass"] == "<unset>")
        #expect(cells["VolumeMode"] == "Filesystem")
        #expect(cells["Age"] == "5m")
    }

    @Test("a claim that is being deleted is Terminating")
    func terminatingClaim() throws {
        let cells = try cells(
            .persistentVolumeClaim,
            ["metadata": ["deletionTimestamp": "2026-11-22T09:55:00Z"], "status": ["phase": "Bound"]])
        #expect(cells["Status"] == "Terminating")
        #expect(cells["Age"] == "<unknown>")
    }

    @Test("a volume shows its claim by namespace and name, and why it is in its phase")
    func volume() throws {
        let cells = try cells(
            .persistentVolume,
            [
                "spec": [
                    "capacity": ["storage": "5Gi"], "accessModes": ["ReadOnlyMany", "ReadWriteOncePod"],
                    "persistentVolumeReclaimPolicy": "Delete", "claimRef": ["namespace": "default", "name": "data"],
                ],
                "metadata": ["annotations": ["volume.beta.kubernetes.io/storage-class": "old"]],
                "status": ["phase": "Failed", "reason": "VolumeFailedDelete"],
            ])
        #expect(cells["Access Modes"] == "ROX,RWOP")
        #expect(cells["Claim"] == "default/data")
        #expect(cells["Reason"] == "VolumeFailedDelete")
        #expect(cells["StorageClass"] == "old")
    }

    @Test("the default class is marked, and what a class leaves out is what Kubernetes takes")
    func storageClass() throws {
        let cells = try cells(
            .storageClass,
            [
                "metadata": [
                    "name": "fast", "annotations": ["storageclass.kubernetes.io/is-default-class": "true"],
                ],
                "provisioner": "berth.dev/hostpath",
            ])
        #expect(cells["Name"] == "fast (default)")
        #expect(cells["ReclaimPolicy"] == "Delete")
        #expect(cells["VolumeBindingMode"] == "Immediate")
        #expect(cells["AllowVolumeExpansion"] == false)
    }

    @Test("an event shows when it happened last and first, to what, and how often")
    func event() throws {
        let cells = try cells(
            .event,
            [
                "metadata": ["name": "data.1"], "involvedObject": ["kind": "PersistentVolumeClaim", "name": "data"],
                "firstTimestamp": "2026-11-22T09:00:00Z", "lastTimestamp": "2026-11-22T09:59:00Z", "count": 3,
                "type": "Warning", "reason": "ProvisioningFailed", "message": "no space\n",
                "source": ["component": "berth"],
            ])
        #expect(cells["Last Seen"] == "60s")
        #expect(cells["First Seen"] == "60m")
        #expect(cells["Object"] == "persistentvolumeclaim/data")
        #expect(cells["Message"] == "no space")
        #expect(cells["Count"] == 3)
    }

    @Test("a pod shows the reason of the container that does not run")
    func pod() throws {
        let cells = try cells(
            .pod,
            [
                "spec": ["containers": [["name": "a"], ["name": "b"]]],
                "status": [
                    "phase": "Running",
                    "containerStatuses": [
                        ["ready": true, "restartCount": 0, "state": ["running": [:]]],
                        [
                            "ready": false, "restartCount": 4, "state": ["waiting": ["reason": "CrashLoopBackOff"]],
                            "lastState": ["terminated": ["finishedAt": "2026-11-22T09:58:00Z"]],
                        ],
                    ],
                ],
            ])
        #expect(cells["Ready"] == "1/2")
        #expect(cells["Status"] == "CrashLoopBackOff")
        #expect(cells["Restarts"] == "4 (2m ago)")
    }

    @Test("a list as a table carries the columns, the rows and the objects' metadata")
    func served() async throws {
        try await ServerUnderTest.run { server in
            _ = try await server.send("POST", "/apis/storage.k8s.io/v1/storageclasses", Manifests.storageClass)
            let accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
            let path = "/apis/storage.k8s.io/v1/storageclasses"
            let table = try await server.get(path, accept: accept).body
            #expect(table["kind"] == "Table")
            #expect(table["apiVersion"] == "meta.k8s.io/v1")
            let row = table["rows"]?.arrayValue?.first
            #expect(row?["cells"]?.arrayValue?.first == "fast")
            #expect(row?.at("object", "kind") == "PartialObjectMetadata")
            let whole = try await server.get(path + "?includeObject=Object", accept: accept).body
            #expect(whole["rows"]?.arrayValue?.first?.at("object", "provisioner") == "berth.dev/hostpath")
        }
    }

    @Test("restarts beyond every number do not end the server")
    func restarts() throws {
        let status: JSONValue = ["restartCount": .integer(.max)]
        let cells = try cells(.pod, ["status": ["containerStatuses": [status, status]]])
        #expect(cells["Restarts"] == "9223372036854775807")
    }
}
