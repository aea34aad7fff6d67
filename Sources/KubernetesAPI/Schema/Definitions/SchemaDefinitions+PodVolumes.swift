extension SchemaDefinitions {
    /// The volumes of a Pod; their secrets lie in the Pod's namespace.
    static let podVolumes = """
        package io.k8s.api.core.v1
        type Volume: A directory that the Pod's containers can mount. Exactly one source is set.
          awsElasticBlockStore AWSElasticBlockStoreVolumeSource: A disk of Amazon's Elastic Block Store.
          azureDisk AzureDiskVolumeSource: A managed disk of Azure.
          azureFile AzureFileVolumeSource: A share of Azure Files.
          cephfs CephFSVolumeSource: A directory of a Ceph file system.
          cinder CinderVolumeSource: A volume of OpenStack's Cinder.
          configMap ConfigMapVolumeSource: Files from a ConfigMap.
          csi CSIVolumeSource: A volume that a CSI driver makes for the Pod's lifetime.
          downwardAPI DownwardAPIVolumeSource: Files with what is known of the Pod.
          emptyDir EmptyDirVolumeSource: A directory that is empty at first and goes with the Pod.
          ephemeral EphemeralVolumeSource: A claim that is made for the Pod and goes with it.
          fc FCVolumeSource: A logical unit behind Fibre Channel.
          flexVolume FlexVolumeSource: A volume that an executable attaches and mounts.
          flocker FlockerVolumeSource: A dataset of Flocker.
          gcePersistentDisk GCEPersistentDiskVolumeSource: A persistent disk of Google Compute Engine.
          gitRepo GitRepoVolumeSource: A clone of a git repository.
          glusterfs GlusterfsVolumeSource: A volume of GlusterFS.
          hostPath HostPathVolumeSource: A directory or file of the node.
          image ImageVolumeSource: The files of a container image.
          iscsi ISCSIVolumeSource: A logical unit behind iSCSI.
          name! string: The volume's name in the Pod.
          nfs NFSVolumeSource: A directory that an NFS server exports.
          persistentVolumeClaim PersistentVolumeClaimVolumeSource: The volume that a claim in the Pod's namespace is bound to.
          photonPersistentDisk PhotonPersistentDiskVolumeSource: A persistent disk of the Photon platform.
          portworxVolume PortworxVolumeSource: A volume of Portworx.
          projected ProjectedVolumeSource: Files from several sources in one directory.
          quobyte QuobyteVolumeSource: A volume of Quobyte.
          rbd RBDVolumeSource: An image of a Ceph block device.
          scaleIO ScaleIOVolumeSource: A volume of ScaleIO.
          secret SecretVolumeSource: Files from a Secret.
          storageos StorageOSVolumeSource: A volume of StorageOS.
          vsphereVolume VsphereVirtualDiskVolumeSource: A virtual disk of vSphere.
        type LocalObjectReference atomic: Names an object in the same namespace.
          name string: The object's name.
        type AzureFileVolumeSource: A share of Azure Files.
          readOnly bool: Whether every mount is read-only.
          secretName! string: The Secret with the storage account's name and key.
          shareName! string: The share's name.
        type CephFSVolumeSource: A directory of a Ceph file system.
          monitors! [string]: The addresses of Ceph's monitors.
          path string: The directory to mount; the root by default.
          readOnly bool: Whether every mount is read-only.
          secretFile string: A file on the node with the user's key.
          secretRef LocalObjectReference: The Secret with the user's key, instead of secretFile.
          user string: Ceph's user; admin by default.
        type CinderVolumeSource: A volume of OpenStack's Cinder.
          fsType string: The file system on the volume.
          readOnly bool: Whether every mount is read-only.
          secretRef LocalObjectReference: The Secret with the credentials for OpenStack.
          volumeID! string: The volume's ID.
        type ConfigMapVolumeSource: Files from a ConfigMap.
          defaultMode int32: The files' mode bits; 0644 by default.
          items [KeyToPath]: Which keys become which files; all of them by default.
          name string: The ConfigMap's name.
          optional bool: Whether the ConfigMap or a key may be missing.
        type KeyToPath: A key that becomes a file.
          key! string: The key.
          mode int32: The file's mode bits, instead of the volume's.
          path! string: The file's path in the volume.
        type CSIVolumeSource: A volume that a CSI driver makes for the Pod's lifetime.
          driver! string: The driver's name.
          fsType string: The file system on the volume.
          nodePublishSecretRef LocalObjectReference: The Secret that the driver gets.
          readOnly bool: Whether the volume is read-only.
          volumeAttributes {string}: What the driver needs to know.
        type DownwardAPIVolumeSource: Files with what is known of the Pod.
          defaultMode int32: The files' mode bits; 0644 by default.
          items [DownwardAPIVolumeFile]: The files.
        type DownwardAPIVolumeFile: A file with a field of the Pod or a resource of a container.
          fieldRef ObjectFieldSelector: The field of the Pod.
          mode int32: The file's mode bits, instead of the volume's.
          path! string: The file's path in the volume.
          resourceFieldRef ResourceFieldSelector: The resource of a container.
        type EmptyDirVolumeSource: A directory that goes with the Pod.
          medium string: Empty for the node's disk, Memory for memory.
          sizeLimit Quantity: How much it may hold.
        type EphemeralVolumeSource: A claim that is made for the Pod.
          volumeClaimTemplate PersistentVolumeClaimTemplate: The claim; it is named after the Pod and the volume.
        type FlexVolumeSource: A volume that an executable attaches and mounts.
          driver! string: The executable's name, as vendor/driver.
          fsType string: The file system on the volume.
          options {string}: What the executable needs to know of the volume.
          readOnly bool: Whether every mount is read-only.
          secretRef LocalObjectReference: The Secret whose content the executable gets.
        type GitRepoVolumeSource: A clone of a git repository.
          directory string: The directory to clone into.
          repository! string: The repository's URL.
          revision string: The commit.
        type GlusterfsVolumeSource: A volume of GlusterFS.
          endpoints! string: The Endpoints object that lists the cluster's servers.
          path! string: The volume's name.
          readOnly bool: Whether every mount is read-only.
        type ImageVolumeSource: The files of a container image.
          pullPolicy string: Always, Never or IfNotPresent.
          reference string: The image's name.
        type ISCSIVolumeSource: A logical unit behind iSCSI.
          chapAuthDiscovery bool: Whether discovery is authenticated by CHAP.
          chapAuthSession bool: Whether sessions are authenticated by CHAP.
          fsType string: The file system on the unit.
          initiatorName string: The name under which the node logs in.
          iqn! string: The target's qualified name.
          iscsiInterface string: The interface to use.
          lun! int32: The logical unit's number at the target.
          portals [string]: Further portals of the target.
          readOnly bool: Whether every mount is read-only.
          secretRef LocalObjectReference: The Secret with CHAP's user names and passwords.
          targetPortal! string: The target's portal.
        type PersistentVolumeClaimVolumeSource: A claim in the Pod's namespace.
          claimName! string: The claim's name.
          readOnly bool: Whether every mount is read-only.
        type ProjectedVolumeSource: Files from several sources.
          defaultMode int32: The files' mode bits; 0644 by default.
          sources [VolumeProjection]: The sources.
        type VolumeProjection: One source of files; exactly one is set.
          clusterTrustBundle ClusterTrustBundleProjection: Certificates that the cluster trusts.
          configMap ConfigMapProjection: Files from a ConfigMap.
          downwardAPI DownwardAPIProjection: Files with what is known of the Pod.
          secret SecretProjection: Files from a Secret.
          serviceAccountToken ServiceAccountTokenProjection: A token of the Pod's service account.
        type ClusterTrustBundleProjection: Certificates that the cluster trusts.
          labelSelector LabelSelector: Which bundles of the signer.
          name string: One bundle by name.
          optional bool: Whether the bundle may be missing.
          path! string: The file's path in the volume.
          signerName string: All bundles of this signer.
        type ConfigMapProjection: Files from a ConfigMap.
          items [KeyToPath]: Which keys become which files; all of them by default.
          name string: The ConfigMap's name.
          optional bool: Whether the ConfigMap or a key may be missing.
        type DownwardAPIProjection: Files with what is known of the Pod.
          items [DownwardAPIVolumeFile]: The files.
        type SecretProjection: Files from a Secret.
          items [KeyToPath]: Which keys become which files; all of them by default.
          name string: The Secret's name.
          optional bool: Whether the Secret or a key may be missing.
        type ServiceAccountTokenProjection: A token of the Pod's service account.
          audience string: For whom the token is.
          expirationSeconds int64: How long it is valid.
          path! string: The file's path in the volume.
        type RBDVolumeSource: An image of a Ceph block device.
          fsType string: The file system on the image.
          image! string: The image's name.
          keyring string: A file on the node with the user's key.
          monitors! [string]: The addresses of Ceph's monitors.
          pool string: The image's pool; rbd by default.
          readOnly bool: Whether every mount is read-only.
          secretRef LocalObjectReference: The Secret with the user's key, instead of keyring.
          user string: Ceph's user; admin by default.
        type ScaleIOVolumeSource: A volume of ScaleIO.
          fsType string: The file system on the volume.
          gateway! string: The address of ScaleIO's gateway.
          protectionDomain string: The protection domain of the volume.
          readOnly bool: Whether every mount is read-only.
          secretRef! LocalObjectReference: The Secret with the gateway's user name and password.
          sslEnabled bool: Whether the gateway is spoken to over TLS.
          storageMode string: ThinProvisioned or ThickProvisioned.
          storagePool string: The storage pool of the protection domain.
          system! string: The name of the ScaleIO system.
          volumeName string: The volume's name.
        type SecretVolumeSource: Files from a Secret.
          defaultMode int32: The files' mode bits; 0644 by default.
          items [KeyToPath]: Which keys become which files; all of them by default.
          optional bool: Whether the Secret or a key may be missing.
          secretName string: The Secret's name.
        type StorageOSVolumeSource: A volume of StorageOS.
          fsType string: The file system on the volume.
          readOnly bool: Whether every mount is read-only.
          secretRef LocalObjectReference: The Secret with StorageOS' credentials.
          volumeName string: The volume's name.
          volumeNamespace string: The StorageOS namespace.
        """
}
