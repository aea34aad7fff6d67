extension SchemaDefinitions {
    static let pod = """
        package io.k8s.api.core.v1
        kind Pod: Containers that run together on one node and share its volumes.
          spec PodSpec: What runs, and with which volumes.
          status PodStatus: How it is going. Written by the system.
        type PodTemplateSpec: What Pods are made from.
          metadata ObjectMeta: Labels and annotations of the Pods.
          spec PodSpec: What runs in the Pods.
        type PodSpec: What runs in a Pod, and with which volumes.
          activeDeadlineSeconds int64: Seconds after which the Pod is ended.
          affinity Affinity: Near or far from what the Pod is to run.
          automountServiceAccountToken bool: Whether containers get the service account's token.
          containers! [Container] map(name) merge: The containers.
          dnsConfig PodDNSConfig: Settings of the resolver, beside those of dnsPolicy.
          dnsPolicy string: ClusterFirst, ClusterFirstWithHostNet, Default or None.
          enableServiceLinks bool: Whether Services appear as environment variables.
          ephemeralContainers [EphemeralContainer] map(name) merge: Containers that were added to look into the running Pod.
          hostAliases [HostAlias] map(ip) merge: Lines for /etc/hosts.
          hostIPC bool: Whether the Pod shares the node's IPC namespace.
          hostNetwork bool: Whether the Pod shares the node's network.
          hostPID bool: Whether the Pod shares the node's process IDs.
          hostUsers bool: Whether the Pod shares the node's user namespace.
          hostname string: The Pod's host name.
          imagePullSecrets [LocalObjectReference] map(name) merge: Secrets for pulling the images.
          initContainers [Container] map(name) merge: Containers that run before the others, one after another.
          nodeName string: The node that the Pod runs on.
          nodeSelector {string} atomic: Labels that the node must have.
          os PodOS: The operating system of the containers.
          overhead {Quantity}: What running the Pod costs beside its containers.
          preemptionPolicy string: Never, or PreemptLowerPriority.
          priority int32: The Pod's priority, from its class.
          priorityClassName string: The Pod's priority class.
          readinessGates [PodReadinessGate]: Conditions that must hold before the Pod is ready.
          resourceClaims [PodResourceClaim] map(name) merge retainKeys: Claims of devices that the Pod uses.
          resources ResourceRequirements: What all containers together need.
          restartPolicy string: Always, OnFailure or Never.
          runtimeClassName string: The class of runtime that runs the Pod.
          schedulerName string: The scheduler that chooses the node.
          schedulingGates [PodSchedulingGate] map(name) merge: What must be removed before the Pod is scheduled.
          securityContext PodSecurityContext: Users, groups and rights of all containers.
          serviceAccount string: Old name of serviceAccountName.
          serviceAccountName string: The service account that the Pod runs as.
          setHostnameAsFQDN bool: Whether the host name is the fully qualified one.
          shareProcessNamespace bool: Whether the containers see each other's processes.
          subdomain string: The middle part of the Pod's fully qualified name.
          terminationGracePeriodSeconds int64: Seconds that the Pod has to end by itself.
          tolerations [Toleration]: Taints of nodes that do not keep the Pod away.
          topologySpreadConstraints [TopologySpreadConstraint] map(topologyKey,whenUnsatisfiable) merge: How Pods are spread over zones and nodes.
          volumes [Volume] map(name) merge retainKeys: The volumes that the containers can mount.
        type PodDNSConfig: Settings of the resolver.
          nameservers [string]: Addresses of name servers.
          options [PodDNSConfigOption]: Options of the resolver.
          searches [string]: Domains to search.
        type PodDNSConfigOption: An option of the resolver.
          name string: Its name.
          value string: Its value.
        type HostAlias: A line for /etc/hosts.
          hostnames [string]: The names.
          ip! string: The address.
        type PodOS: The operating system of the containers.
          name! string: linux or windows.
        type PodReadinessGate: A condition that must hold.
          conditionType! string: The condition's type.
        type PodResourceClaim: A claim of devices.
          name! string: Its name in the Pod.
          resourceClaimName string: The claim.
          resourceClaimTemplateName string: The template from which the claim is made.
        type PodSchedulingGate: Something that keeps the Pod from being scheduled.
          name! string: Its name.
        type PodSecurityContext: Users, groups and rights of all containers.
          appArmorProfile AppArmorProfile: The AppArmor profile.
          fsGroup int64: The group that owns the files of volumes that support it.
          fsGroupChangePolicy string: Always, or OnRootMismatch.
          runAsGroup int64: The group.
          runAsNonRoot bool: Whether running as root is refused.
          runAsUser int64: The user.
          seLinuxChangePolicy string: MountOption or Recursive.
          seLinuxOptions SELinuxOptions: The SELinux context.
          seccompProfile SeccompProfile: The seccomp profile.
          supplementalGroups [int64]: Further groups.
          supplementalGroupsPolicy string: Merge or Strict.
          sysctls [Sysctl]: Kernel parameters.
          windowsOptions WindowsSecurityContextOptions: What Windows needs.
        type Sysctl: A kernel parameter.
          name! string: Its name.
          value! string: Its value.
        """
}
