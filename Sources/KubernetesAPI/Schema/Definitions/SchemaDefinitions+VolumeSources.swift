extension SchemaDefinitions {
    /// The volume sources that stand both in a PersistentVolume and in a Pod.
    static let volumeSources = """
        package io.k8s.api.core.v1
        type AWSElasticBlockStoreVolumeSource: A disk of Amazon's Elastic Block Store, in the same zone as the node.
          fsType string: The file system on the disk, such as ext4 (the default) or xfs.
          partition int32: The partition to mount; 0 or nothing for the whole disk.
          readOnly bool: Whether every mount is read-only.
          volumeID! string: The disk's ID, such as vol-0123456789abcdef0.
        type AzureDiskVolumeSource: A disk of Azure.
          cachingMode string: The host's caching: None, ReadOnly or ReadWrite.
          diskName! string: The disk's name.
          diskURI! string: The disk's resource ID, or the address of its blob.
          fsType string: The file system on the disk, such as ext4 (the default) or xfs.
          kind string: Shared, Dedicated or Managed.
          readOnly bool: Whether every mount is read-only.
        type FCVolumeSource: A logical unit behind Fibre Channel, named by targetWWNs and lun, or by wwids.
          fsType string: The file system on the unit, such as ext4 (the default) or xfs.
          lun int32: The logical unit's number at the target.
          readOnly bool: Whether every mount is read-only.
          targetWWNs [string]: The world wide names of the target's ports.
          wwids [string]: World wide identifiers of the unit, instead of targetWWNs and lun.
        type FlockerVolumeSource: A dataset of Flocker, named by one of the two.
          datasetName string: The dataset's name, from its metadata.
          datasetUUID string: The dataset's UUID.
        type GCEPersistentDiskVolumeSource: A persistent disk of Google Compute Engine, in the same zone as the node.
          fsType string: The file system on the disk, such as ext4 (the default) or xfs.
          partition int32: The partition to mount; 0 or nothing for the whole disk.
          pdName! string: The disk's name.
          readOnly bool: Whether every mount is read-only; such a disk may be attached to several nodes.
        type HostPathVolumeSource: A directory or file of the node.
          path! string: Where it is on the node; links are followed.
          type string: What must be there: Directory, DirectoryOrCreate, File, FileOrCreate, Socket, CharDevice, BlockDevice, or nothing for no check.
        type NFSVolumeSource: A directory that an NFS server exports.
          path! string: The path that the server exports.
          readOnly bool: Whether every mount is read-only.
          server! string: The server's host name or address.
        type PhotonPersistentDiskVolumeSource: A persistent disk of the Photon platform.
          fsType string: The file system on the disk, such as ext4 (the default).
          pdID! string: The disk's ID.
        type PortworxVolumeSource: A volume of Portworx.
          fsType string: The file system on the volume: ext4 (the default) or xfs.
          readOnly bool: Whether every mount is read-only.
          volumeID! string: The volume's ID.
        type QuobyteVolumeSource: A volume of Quobyte.
          group string: The group that the volume is accessed as; none by default.
          readOnly bool: Whether every mount is read-only.
          registry! string: The registries of the Quobyte cluster, as host:port, separated by commas.
          tenant string: The tenant that owns the volume.
          user string: The user that the volume is accessed as.
          volume! string: The volume's name.
        type VsphereVirtualDiskVolumeSource: A virtual disk of vSphere.
          fsType string: The file system on the disk, such as ext4 (the default) or ntfs.
          storagePolicyID string: The ID of the storage policy that storagePolicyName names.
          storagePolicyName string: The storage policy that the disk was made with.
          volumePath! string: The path of the disk's file, with its datastore.
        """

    /// The volume sources of a PersistentVolume, whose secrets may lie in any namespace.
    static let persistentVolumeSources = """
        package io.k8s.api.core.v1
        type SecretReference atomic: Names a Secret in any namespace.
          name string: The Secret's name.
          namespace string: The Secret's namespace.
        type AzureFilePersistentVolumeSource: A share of Azure Files.
          readOnly bool: Whether every mount is read-only.
          secretName! string: The Secret with the storage account's name and key.
          secretNamespace string: The Secret's namespace; the claim's own by default.
          shareName! string: The share's name.
        type CephFSPersistentVolumeSource: A directory of a Ceph file system.
          monitors! [string]: The addresses of Ceph's monitors.
          path string: The directory to mount; the root by default.
          readOnly bool: Whether every mount is read-only.
          secretFile string: A file on the node with the user's key; /etc/ceph/user.secret by default.
          secretRef SecretReference: The Secret with the user's key, instead of secretFile.
          user string: Ceph's user; admin by default.
        type CinderPersistentVolumeSource: A volume of OpenStack's Cinder, in the same zone as the node.
          fsType string: The file system on the volume, such as ext4 (the default) or xfs.
          readOnly bool: Whether every mount is read-only.
          secretRef SecretReference: The Secret with the credentials for OpenStack.
          volumeID! string: The volume's ID.
        type CSIPersistentVolumeSource: A volume of a driver that speaks the Container Storage Interface.
          controllerExpandSecretRef SecretReference: The Secret that the driver gets to make the volume larger.
          controllerPublishSecretRef SecretReference: The Secret that the driver gets to attach and detach the volume.
          driver! string: The driver's name.
          fsType string: The file system on the volume, such as ext4 or xfs.
          nodeExpandSecretRef SecretReference: The Secret that the driver gets to make the volume larger on the node.
          nodePublishSecretRef SecretReference: The Secret that the driver gets to mount the volume for a Pod.
          nodeStageSecretRef SecretReference: The Secret that the driver gets to mount the volume on a node.
          readOnly bool: Whether the volume is given out read-only.
          volumeAttributes {string}: What the driver returned when it made the volume, and gets back with every call.
          volumeHandle! string: The driver's own ID of the volume. Cannot be changed.
        type FlexPersistentVolumeSource: A volume that an executable attaches and mounts.
          driver! string: The executable's name, as vendor/driver.
          fsType string: The file system on the volume, such as ext4.
          options {string}: What the executable needs to know of the volume.
          readOnly bool: Whether every mount is read-only.
          secretRef SecretReference: The Secret whose content the executable gets.
        type GlusterfsPersistentVolumeSource: A volume of GlusterFS.
          endpoints! string: The Endpoints object that lists the cluster's servers.
          endpointsNamespace string: Its namespace; the claim's own by default.
          path! string: The volume's name.
          readOnly bool: Whether every mount is read-only.
        type ISCSIPersistentVolumeSource: A logical unit behind iSCSI.
          chapAuthDiscovery bool: Whether discovery is authenticated by CHAP.
          chapAuthSession bool: Whether sessions are authenticated by CHAP.
          fsType string: The file system on the unit, such as ext4 (the default) or xfs.
          initiatorName string: The name under which the node logs in, instead of its own.
          iqn! string: The target's qualified name.
          iscsiInterface string: The interface to use; default (tcp) if nothing is given.
          lun! int32: The logical unit's number at the target.
          portals [string]: Further portals of the target, as host or host:port.
          readOnly bool: Whether every mount is read-only.
          secretRef SecretReference: The Secret with CHAP's user names and passwords.
          targetPortal! string: The target's portal, as host or host:port.
        type LocalVolumeSource: Storage of one node.
          fsType string: The file system to make when path is a block device without one.
          path! string: A directory or a block device on the node.
        type RBDPersistentVolumeSource: An image of a Ceph block device.
          fsType string: The file system on the image, such as ext4 (the default) or xfs.
          image! string: The image's name.
          keyring string: A file on the node with the user's key; /etc/ceph/keyring by default.
          monitors! [string]: The addresses of Ceph's monitors.
          pool string: The image's pool; rbd by default.
          readOnly bool: Whether every mount is read-only.
          secretRef SecretReference: The Secret with the user's key, instead of keyring.
          user string: Ceph's user; admin by default.
        type ScaleIOPersistentVolumeSource: A volume of ScaleIO.
          fsType string: The file system on the volume; xfs by default.
          gateway! string: The address of ScaleIO's gateway.
          protectionDomain string: The protection domain of the volume.
          readOnly bool: Whether every mount is read-only.
          secretRef! SecretReference: The Secret with the gateway's user name and password.
          sslEnabled bool: Whether the gateway is spoken to over TLS.
          storageMode string: ThinProvisioned (the default) or ThickProvisioned.
          storagePool string: The storage pool of the protection domain.
          system! string: The name of the ScaleIO system.
          volumeName string: The volume's name.
        type StorageOSPersistentVolumeSource: A volume of StorageOS.
          fsType string: The file system on the volume, such as ext4 (the default) or xfs.
          readOnly bool: Whether every mount is read-only.
          secretRef ObjectReference: The Secret with StorageOS' credentials.
          volumeName string: The volume's name, unique in its StorageOS namespace.
          volumeNamespace string: The StorageOS namespace; the Pod's namespace by default.
        type ObjectReference atomic: Names an object, or a part of one.
          apiVersion string: The object's group and version.
          fieldPath string: The part of the object that is meant, such as spec.containers{name}.
          kind string: The object's kind.
          name string: The object's name.
          namespace string: The object's namespace.
          resourceVersion string: The version of the object that is meant.
          uid string: The object's uid.
        """
}
