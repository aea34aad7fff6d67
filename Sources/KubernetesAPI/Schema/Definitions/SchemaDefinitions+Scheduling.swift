extension SchemaDefinitions {
    static let scheduling = """
        package io.k8s.api.core.v1
        type NodeSelector atomic: Nodes that match at least one of the terms.
          nodeSelectorTerms! [NodeSelectorTerm]: The terms.
        type NodeSelectorTerm atomic: Nodes for which all conditions hold.
          matchExpressions [NodeSelectorRequirement]: Conditions on labels.
          matchFields [NodeSelectorRequirement]: Conditions on fields, such as metadata.name.
        type NodeSelectorRequirement: One condition on a node.
          key! string: The label's key or the field's path.
          operator! string: In, NotIn, Exists, DoesNotExist, Gt or Lt.
          values [string]: The values that the operator compares with.
        type TopologySelectorTerm atomic: Places for which all conditions hold.
          matchLabelExpressions [TopologySelectorLabelRequirement]: Conditions on labels of the place.
        type TopologySelectorLabelRequirement: One condition on a place.
          key! string: The label's key, such as topology.kubernetes.io/zone.
          values! [string]: The values, one of which it must have.
        type Affinity: Near or far from what a Pod is to run.
          nodeAffinity NodeAffinity: On which nodes.
          podAffinity PodAffinity: Near which Pods.
          podAntiAffinity PodAntiAffinity: Far from which Pods.
        type NodeAffinity: On which nodes a Pod is to run.
          preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm]: What would be good.
          requiredDuringSchedulingIgnoredDuringExecution NodeSelector: What must be.
        type PreferredSchedulingTerm: A preference with a weight.
          preference! NodeSelectorTerm: The nodes.
          weight! int32: 1 to 100.
        type PodAffinity: Near which Pods.
          preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]: What would be good.
          requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]: What must be.
        type PodAntiAffinity: Far from which Pods.
          preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm]: What would be good.
          requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm]: What must be.
        type WeightedPodAffinityTerm: A preference with a weight.
          podAffinityTerm! PodAffinityTerm: The Pods.
          weight! int32: 1 to 100.
        type PodAffinityTerm: Pods, and what counts as the same place.
          labelSelector LabelSelector: The Pods' labels.
          matchLabelKeys [string]: Keys whose values must equal the Pod's own.
          mismatchLabelKeys [string]: Keys whose values must differ from the Pod's own.
          namespaceSelector LabelSelector: The namespaces' labels.
          namespaces [string]: The namespaces by name.
          topologyKey! string: The node's label that names the place.
        type Toleration: Taints that do not keep a Pod away.
          effect string: The taint's effect; empty for all.
          key string: The taint's key; empty for all.
          operator string: Exists or Equal.
          tolerationSeconds int64: How long a NoExecute taint is borne.
          value string: The taint's value.
        type TopologySpreadConstraint: How Pods are spread.
          labelSelector LabelSelector: The Pods that are counted.
          matchLabelKeys [string]: Keys whose values must equal the Pod's own.
          maxSkew! int32: How uneven the spread may be.
          minDomains int32: The least number of places.
          nodeAffinityPolicy string: Honor or Ignore.
          nodeTaintsPolicy string: Honor or Ignore.
          topologyKey! string: The node's label that names the place.
          whenUnsatisfiable! string: DoNotSchedule or ScheduleAnyway.
        """
}
