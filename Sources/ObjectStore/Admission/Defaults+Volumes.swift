import JSONTree
import KubernetesAPI

extension Defaults {
    static func applyToClaim(_ claim: inout JSONValue) {
        claim.change("spec", applyToClaimSpec)
        claim.change("status") { $0.setDefaultText("phase", ClaimPhase.pending.rawValue) }
    }

    /// Also for the templates of StatefulSets and of ephemeral volumes.
    static func applyToClaimSpec(_ spec: inout JSONValue) {
        spec.setDefault("volumeMode", .string(VolumeMode.filesystem.rawValue))
    }

    static func applyToVolumeSpec(_ spec: inout JSONValue) {
        spec.setDefaultText("persistentVolumeReclaimPolicy", ReclaimPolicy.retain.rawValue)
        spec.setDefault("volumeMode", .string(VolumeMode.filesystem.rawValue))
        applyToSources(&spec)
    }

    /// The sources that have defaults, in a PersistentVolume's spec and in a pod's volume.
    static func applyToSources(_ owner: inout JSONValue) {
        owner.change("hostPath") { $0.setDefault("type", "") }
        owner.change("iscsi") { $0.setDefaultText("iscsiInterface", "default") }
        owner.change("rbd") {
            $0.setDefaultText("pool", "rbd")
            $0.setDefaultText("user", "admin")
            $0.setDefaultText("keyring", "/etc/ceph/keyring")
        }
        owner.change("azureDisk") {
            $0.setDefault("cachingMode", "ReadWrite")
            $0.setDefault("kind", "Shared")
            $0.setDefault("fsType", "ext4")
            $0.setDefault("readOnly", false)
        }
        owner.change("scaleIO") {
            $0.setDefaultText("storageMode", "ThinProvisioned")
            $0.setDefaultText("fsType", "xfs")
        }
    }
}
