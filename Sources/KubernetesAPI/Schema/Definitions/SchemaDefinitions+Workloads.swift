extension SchemaDefinitions {
    /// StatefulSet in both versions: v1beta1 knows no required selector, and is otherwise the same.
    static let workloads = """
        package io.k8s.api.apps.v1
        kind StatefulSet: Pods with lasting names and volumes of their own.
          spec StatefulSetSpec: How many Pods, of what, with which volumes.
          status StatefulSetStatus: How far it is. Written by the system.
        type StatefulSetSpec: How many Pods, of what, with which volumes.
          \(statefulSetFields)
          selector! LabelSelector: The labels of the Pods; must match the template.
        type StatefulSetOrdinals: How Pods are numbered.
          start int32: The first number; 0 by default.
        type StatefulSetPersistentVolumeClaimRetentionPolicy: When claims go.
          whenDeleted string: When the StatefulSet is deleted: Retain (the default) or Delete.
          whenScaled string: When there are fewer Pods: Retain (the default) or Delete.
        type StatefulSetUpdateStrategy: How Pods are replaced when the template changes.
          rollingUpdate RollingUpdateStatefulSetStrategy: Details of RollingUpdate.
          type string: RollingUpdate (the default) or OnDelete.
        type RollingUpdateStatefulSetStrategy: Details of RollingUpdate.
          maxUnavailable IntOrString: How many Pods may be missing meanwhile.
          partition int32: The first number that is replaced.
        type StatefulSetStatus: How far a StatefulSet is.
          availableReplicas int32: Pods that have been ready for minReadySeconds.
          collisionCount int32: How often the name of a revision was taken.
          conditions [StatefulSetCondition] map(type) merge: What holds of the StatefulSet.
          currentReplicas int32: Pods of the current revision.
          currentRevision string: The current revision.
          observedGeneration int64: The generation that this status is about.
          readyReplicas int32: Pods that are ready.
          replicas! int32: Pods that there are.
          updateRevision string: The revision that Pods are being replaced by.
          updatedReplicas int32: Pods of that revision.
        type StatefulSetCondition: Something that holds of a StatefulSet.
          lastTransitionTime Time: When the status last changed.
          message string: Details for people.
          reason string: A single word for programs.
          status! string: True, False or Unknown.
          type! string: What the condition is about.
        package io.k8s.api.apps.v1beta1
        kind StatefulSet: Pods with lasting names and volumes of their own; stored as apps/v1.
          spec StatefulSetSpec: How many Pods, of what, with which volumes.
          status StatefulSetStatus: How far it is. Written by the system.
        type StatefulSetSpec: How many Pods, of what, with which volumes.
          \(statefulSetFields)
          selector LabelSelector: The labels of the Pods; the template's by default.
        """

    private static let statefulSetFields = [
        "minReadySeconds int32: Seconds that a Pod must have been ready to count as available.",
        "ordinals StatefulSetOrdinals: How the Pods are numbered.",
        "persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy: When the claims go.",
        "podManagementPolicy string: OrderedReady (the default), or Parallel.",
        "replicas int32: How many Pods; 1 by default.",
        "revisionHistoryLimit int32: How many old revisions are kept.",
        "serviceName! string: The Service that gives the Pods their host names.",
        "template! PodTemplateSpec: What the Pods are made from.",
        "updateStrategy StatefulSetUpdateStrategy: How Pods are replaced when the template changes.",
        "volumeClaimTemplates [PersistentVolumeClaim]: Claims that are made for each Pod, named after both.",
    ].joined(separator: "\n  ")

    static let coordination = """
        package io.k8s.api.coordination.v1
        kind Lease: Who leads, and until when.
          spec LeaseSpec: Who leads, and until when.
        type LeaseSpec: Who leads, and until when.
          acquireTime MicroTime: When the holder took the lease.
          holderIdentity string: Who has the lease.
          leaseDurationSeconds int32: How long others wait after renewTime before they take it.
          leaseTransitions int32: How often the holder changed.
          preferredHolder string: Who should take it next.
          renewTime MicroTime: When the holder last renewed it.
          strategy string: How the next holder is chosen.
        """
}
