import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Rules for volume sources")
struct VolumeSourceRulesTests {
    private static let sourceless = ValidObjects.volume.setting(nil, at: "spec", "nfs")

    private func faults(_ volume: JSONValue) -> [String] {
        ObjectStoreTests.faults(creating: volume, .persistentVolume)
    }

    /// A right source of each type that Kubernetes has had.
    static let sources: [(String, JSONValue)] = [
        ("awsElasticBlockStore", ["volumeID": "vol-1", "partition": 1]),
        ("azureDisk", ["diskName": "d", "diskURI": "https://a.blob.core.windows.net/c/d.vhd", "kind": "Shared"]),
        ("azureFile", ["secretName": "s", "shareName": "h"]),
        ("cephfs", ["monitors": ["1.2.3.4:6789"]]),
        ("cinder", ["volumeID": "v", "secretRef": ["name": "s", "namespace": "n"]]),
        ("csi", ["driver": "hostpath.csi.k8s.io", "volumeHandle": "h"]),
        ("fc", ["targetWWNs": ["50060e801049cfd1"], "lun": 0]),
        ("flexVolume", ["driver": "example.com/lvm", "options": ["size": "1"]]),
        ("flocker", ["datasetName": "d"]),
        ("gcePersistentDisk", ["pdName": "d"]),
        ("glusterfs", ["endpoints": "e", "path": "p"]),
        ("hostPath", ["path": "/srv/data", "type": ""]),
        ("iscsi", ["targetPortal": "1.2.3.4:3260", "iqn": "iqn.2003-01.org.linux-iscsi:sn.1", "lun": 0]),
        ("local", ["path": "/mnt/disks/1"]),
        ("nfs", ["server": "s", "path": "/p"]),
        ("photonPersistentDisk", ["pdID": "p"]),
        ("portworxVolume", ["volumeID": "v"]),
        ("quobyte", ["registry": "a:1,[::1]:2", "volume": "v"]),
        ("rbd", ["monitors": ["1.2.3.4:6789"], "image": "i"]),
        ("scaleIO", ["gateway": "g", "system": "s", "volumeName": "v", "secretRef": ["name": "s"]]),
        ("storageos", ["volumeName": "v"]),
        ("vsphereVolume", ["volumePath": "[ds] v"]),
    ]

    @Test("every volume source is taken", arguments: sources)
    func source(type: String, value: JSONValue) {
        var volume = Self.sourceless.setting(value, at: "spec", type)
        if type == "local" {
            volume = volume.setting(
                [
                    "required": [
                        "nodeSelectorTerms": [
                            [
                                "matchExpressions": [
                                    ["key": "kubernetes.io/hostname", "operator": "In", "values": ["a"]]
                                ]
                            ]
                        ]
                    ]
                ], at: "spec", "nodeAffinity")
        }
        #expect(faults(ValidObjects.defaulted(.persistentVolume, volume)) == [])
    }

    @Test("every source that the view knows is one that validation knows")
    func sourceTypes() {
        #expect(Set(PersistentVolume.sourceTypes) == Set(Self.sources.map(\.0)))
    }

    @Test(
        "a source that lacks something is refused in Kubernetes' words",
        arguments: [
            ("awsElasticBlockStore", [:], ["awsElasticBlockStore.volumeID: Required value"]),
            (
                "awsElasticBlockStore", ["volumeID": "v", "partition": 256],
                ["awsElasticBlockStore.partition: Invalid value: 256: must be between 1 and 255, inclusive"]
            ),
            (
                "azureDisk", ["diskName": "d", "diskURI": "u", "kind": "Managed"],
                [
                    "azureDisk.diskURI: Unsupported value: \"u\": supported values: "
                        + "\"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/"
                        + "{disk-id}\""
                ]
            ),
            (
                "azureDisk", ["diskName": "d", "diskURI": "https://u", "cachingMode": "Some"],
                [
                    "azureDisk.cachingMode: Unsupported value: \"Some\": supported values: \"None\", \"ReadOnly\", "
                        + "\"ReadWrite\""
                ]
            ),
            (
                "azureFile", ["secretNamespace": ""],
                [
                    "azureFile.secretName: Required value", "azureFile.shareName: Required value",
                    "azureFile.secretNamespace: Required value",
                ]
            ),
            ("cephfs", ["monitors": []], ["cephfs.monitors: Required value"]),
            (
                "cinder", ["volumeID": "v", "secretRef": ["name": "s"]],
                ["cinder.secretRef.namespace: Required value"]
            ),
            ("csi", ["driver": "d"], ["csi.volumeHandle: Required value"]),
            (
                "csi", ["driver": "d", "volumeHandle": "h", "nodePublishSecretRef": ["name": "s"]],
                ["csi.nodePublishSecretRef.namespace: Required value"]
            ),
            ("fc", [:], ["fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both"]),
            (
                "fc", ["targetWWNs": ["a"]],
                ["fc.lun: Required value: lun is required if targetWWNs is specified"]
            ),
            (
                "fc", ["targetWWNs": ["a"], "lun": 256],
                ["fc.lun: Invalid value: 256: must be between 0 and 255, inclusive"]
            ),
            (
                "flexVolume", ["driver": "d", "options": ["kubernetes.io/x": "1"]],
                [
                    "flexVolume.options[kubernetes.io/x]: Invalid value: \"kubernetes.io/x\": kubernetes.io and k8s.io "
                        + "namespaces are reserved"
                ]
            ),
            ("flocker", [:], ["flocker: Required value: one of datasetName and datasetUUID is required"]),
            ("gcePersistentDisk", [:], ["persistentDisk.pdName: Required value"]),
            ("glusterfs", ["path": "p"], ["glusterfs.endpoints: Required value"]),
            ("hostPath", [:], ["hostPath.path: Required value"]),
            (
                "hostPath", ["path": "/a/../../etc"],
                ["hostPath.path: Invalid value: \"/a/../../etc\": must not contain '..'"]
            ),
            (
                "hostPath", ["path": "/a", "type": "Link"],
                [
                    "hostPath.type: Unsupported value: \"Link\": supported values: \"\", \"BlockDevice\", "
                        + "\"CharDevice\", \"Directory\", \"DirectoryOrCreate\", \"File\", \"FileOrCreate\", \"Socket\""
                ]
            ),
            (
                "iscsi", ["targetPortal": "p", "iqn": "iqn.nonsense", "lun": 300],
                [
                    "iscsi.iqn: Invalid value: \"iqn.nonsense\": must be valid format",
                    "iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
                ]
            ),
            (
                "iscsi", ["targetPortal": "p", "iqn": "eui.0123456789abcdef", "chapAuthSession": true],
                ["iscsi.secretRef: Required value"]
            ),
            (
                "nfs", ["server": "s", "path": "tmp"],
                ["nfs.path: Invalid value: \"tmp\": must be an absolute path"]
            ),
            ("photonPersistentDisk", [:], ["photonPersistentDisk.pdID: Required value"]),
            ("portworxVolume", [:], ["portworxVolume.volumeID: Required value"]),
            (
                "quobyte", ["registry": "nowhere", "volume": "v"],
                [
                    "quobyte.registry: Invalid value: \"nowhere\": must be a host:port pair or multiple pairs separated "
                        + "by commas"
                ]
            ),
            ("rbd", ["monitors": ["m"]], ["rbd.image: Required value"]),
            (
                "scaleIO", [:],
                [
                    "scaleIO.gateway: Required value", "scaleIO.system: Required value",
                    "scaleIO.volumeName: Required value",
                ]
            ),
            ("storageos", [:], ["storageos.volumeName: Required value"]),
            ("vsphereVolume", [:], ["vsphereVolume.volumePath: Required value"]),
            (
                "local", ["path": "/mnt/../x"],
                [
                    "local.path: Invalid value: \"/mnt/../x\": must not contain '..'",
                    "nodeAffinity: Required value: Local volume requires node affinity",
                ]
            ),
        ] as [(String, JSONValue, [String])])
    func wrongSource(type: String, value: JSONValue, expected: [String]) {
        #expect(faults(Self.sourceless.setting(value, at: "spec", type)) == expected.map { "spec.\($0)" })
    }
}
