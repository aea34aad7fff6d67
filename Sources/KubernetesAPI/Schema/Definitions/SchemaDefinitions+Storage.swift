extension SchemaDefinitions {
    static let storage = """
        package io.k8s.api.core.v1
        kind PersistentVolumeClaim: A user's wish for storage in a namespace. It is bound to a PersistentVolume that exists, or that the class's driver makes for it; Pods use the volume through the claim.
          spec PersistentVolumeClaimSpec: What storage is wanted. Apart from a larger request it cannot be changed once the claim is bound.
          status PersistentVolumeClaimStatus: What the claim has got so far. Written by the system.
        type PersistentVolumeClaimSpec: What storage a claim asks for.
          accessModes [string]: How the volume will be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany or ReadWriteOncePod. The volume must allow all of them.
          dataSource TypedLocalObjectReference: A VolumeSnapshot or a claim in the same namespace whose content the new volume starts with.
          dataSourceRef TypedObjectReference: As dataSource, for any kind of object that something knows how to fill a volume from.
          resources VolumeResourceRequirements: How much storage is wanted, as resources.requests.storage.
          selector LabelSelector: Labels that an existing volume must have to be bound. A claim with a selector is not provisioned.
          storageClassName string: The StorageClass that makes the volume. Left out, the default class is taken; an empty string means no class, so only existing volumes without a class fit.
          volumeAttributesClassName string: The class of attributes, such as performance, that the driver gives the volume.
          volumeMode string: Filesystem (the default) for a mounted directory, Block for a raw device.
          volumeName string: The PersistentVolume that the claim is bound to. May be set to ask for one volume by name.
        type VolumeResourceRequirements: The least and the largest amount of storage.
          limits {Quantity}: The largest amount, by resource name; only storage has a meaning.
          requests {Quantity}: The least amount, by resource name, such as storage of 8Gi.
        type TypedLocalObjectReference atomic: Names an object of any kind in the same namespace.
          apiGroup string: The object's API group; empty for the core group.
          kind! string: The object's kind.
          name! string: The object's name.
        type TypedObjectReference: Names an object of any kind, perhaps in another namespace.
          apiGroup string: The object's API group; empty for the core group.
          kind! string: The object's kind.
          name! string: The object's name.
          namespace string: The object's namespace; its owner must grant the use. Empty for the claim's own.
        type PersistentVolumeClaimStatus: What a claim has got.
          accessModes [string]: The modes that the bound volume allows.
          allocatedResourceStatuses {string}: How far a resize has come, by resource name, such as ControllerResizeInProgress.
          allocatedResources {Quantity}: The size that a resize under way has asked for, by resource name.
          capacity {Quantity}: The size of the bound volume, by resource name.
          conditions [PersistentVolumeClaimCondition] map(type) merge: What is going on with the claim, such as Resizing.
          currentVolumeAttributesClassName string: The attributes class that the volume has now.
          modifyVolumeStatus ModifyVolumeStatus: How far a change of the attributes class has come.
          phase string: Pending until a volume is bound, then Bound; Lost when the bound volume is gone.
        type PersistentVolumeClaimCondition: One thing that is going on with a claim.
          lastProbeTime Time: When it was last looked at.
          lastTransitionTime Time: When the status last changed.
          message string: Details for people.
          reason string: A single word for programs.
          status! string: True, False or Unknown.
          type! string: What the condition is about, such as Resizing or FileSystemResizePending.
        type ModifyVolumeStatus: How far a change of a volume's attributes class has come.
          status! string: Pending, InProgress or Infeasible.
          targetVolumeAttributesClassName string: The class that the volume is being changed to.
        type PersistentVolumeClaimTemplate: A claim that is made for each Pod.
          metadata ObjectMeta: Labels and annotations that the claim gets.
          spec! PersistentVolumeClaimSpec: What the claim asks for.
        kind PersistentVolume: A piece of storage that an administrator or a driver has made. It belongs to no namespace, and lives on when the Pods that use it go.
          spec PersistentVolumeSpec: Where the storage is, how large, and which claim has it.
          status PersistentVolumeStatus: What state the volume is in. Written by the system.
        type PersistentVolumeSpec: What a volume is. Exactly one of the volume sources is set.
          accessModes [string]: How the volume may be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
          awsElasticBlockStore AWSElasticBlockStoreVolumeSource: A disk of Amazon's Elastic Block Store.
          azureDisk AzureDiskVolumeSource: A managed disk of Azure.
          azureFile AzureFilePersistentVolumeSource: A share of Azure Files.
          capacity {Quantity}: How large the volume is, by resource name, such as storage of 8Gi.
          cephfs CephFSPersistentVolumeSource: A directory of a Ceph file system.
          cinder CinderPersistentVolumeSource: A volume of OpenStack's Cinder.
          claimRef ObjectReference granular: The claim that has the volume, or that it is kept for. Set on both sides of a binding.
          csi CSIPersistentVolumeSource: A volume of a driver that speaks the Container Storage Interface.
          fc FCVolumeSource: A logical unit behind Fibre Channel.
          flexVolume FlexPersistentVolumeSource: A volume that an executable attaches and mounts.
          flocker FlockerVolumeSource: A dataset of Flocker.
          gcePersistentDisk GCEPersistentDiskVolumeSource: A persistent disk of Google Compute Engine.
          glusterfs GlusterfsPersistentVolumeSource: A volume of GlusterFS.
          hostPath HostPathVolumeSource: A directory or file of the machine itself; for a single machine.
          iscsi ISCSIPersistentVolumeSource: A logical unit behind iSCSI.
          local LocalVolumeSource: A disk, partition or directory of one node; needs nodeAffinity.
          mountOptions [string]: Options that every mount of the volume gets, such as ro or soft. Not checked: a wrong one makes the mount fail.
          nfs NFSVolumeSource: A directory that an NFS server exports.
          nodeAffinity VolumeNodeAffinity: The nodes from which the volume can be reached. Pods that use it run only there.
          persistentVolumeReclaimPolicy string: What happens to the storage when the claim is gone: Retain keeps it, Delete deletes it, Recycle empties it for the next claim.
          photonPersistentDisk PhotonPersistentDiskVolumeSource: A persistent disk of the Photon platform.
          portworxVolume PortworxVolumeSource: A volume of Portworx.
          quobyte QuobyteVolumeSource: A volume of Quobyte.
          rbd RBDPersistentVolumeSource: An image of a Ceph block device.
          scaleIO ScaleIOPersistentVolumeSource: A volume of ScaleIO.
          storageClassName string: The class that the volume belongs to; only claims of that class are bound to it. Empty for none.
          storageos StorageOSPersistentVolumeSource: A volume of StorageOS.
          volumeAttributesClassName string: The class of attributes that the volume has.
          volumeMode string: Filesystem (the default) or Block; a claim must ask for the same.
          vsphereVolume VsphereVirtualDiskVolumeSource: A virtual disk of vSphere.
        type VolumeNodeAffinity: From where a volume can be reached.
          required NodeSelector: The nodes must match this.
        type PersistentVolumeStatus: What state a volume is in.
          lastPhaseTransitionTime Time: When the phase last changed.
          message string: Why the volume is in this phase, for people.
          phase string: Pending, Available, Bound, Released (the claim is gone, the storage not yet reclaimed) or Failed.
          reason string: A single word for why the volume failed.
        package io.k8s.api.storage.v1
        kind StorageClass: A kind of storage that claims can ask for by name: which driver makes the volumes, with which parameters. It belongs to no namespace.
          allowVolumeExpansion bool: Whether claims of this class may be made larger.
          allowedTopologies [TopologySelectorTerm]: Where volumes may be made; empty for everywhere.
          mountOptions [string]: Options that every mount of the class's volumes gets, such as ro or soft.
          parameters {string}: What the driver needs to know to make a volume. Each driver has its own; up to 512 of them.
          provisioner! string: The name of the driver that makes the volumes.
          reclaimPolicy string: What happens to a volume when its claim is gone: Delete (the default) or Retain.
          volumeBindingMode string: Immediate makes the volume at once; WaitForFirstConsumer waits until a Pod uses the claim, so that the volume is made where the Pod runs.
        kind VolumeAttachment: The wish that a volume be attached to a node, or not any more when it is deleted. It belongs to no namespace.
          spec! VolumeAttachmentSpec: Which volume is to be attached where, and by whom.
          status VolumeAttachmentStatus: How far the attachment has come. Written by the attacher.
        type VolumeAttachmentSpec: Which volume is to be attached where.
          attacher! string: The name of the driver that does it.
          nodeName! string: The node that the volume is attached to.
          source! VolumeAttachmentSource: The volume.
        type VolumeAttachmentSource: The volume to attach: one of the two.
          inlineVolumeSpec PersistentVolumeSpec: A volume that stands in a Pod itself, written as a PersistentVolume's spec.
          persistentVolumeName string: The name of a PersistentVolume.
        type VolumeAttachmentStatus: How far an attachment has come.
          attachError VolumeError: Why the last attempt to attach failed.
          attached! bool: Whether the volume is attached.
          attachmentMetadata {string}: What the attacher returned, for whoever mounts the volume.
          detachError VolumeError: Why the last attempt to detach failed.
        type VolumeError: What went wrong, and when.
          message string: The driver's message. Must not hold secrets.
          time Time: When it went wrong.
        """
}
