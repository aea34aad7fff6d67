extension SchemaDefinitions {
    static let node = """
        package io.k8s.api.core.v1
        kind Node: A machine that Pods run on and volumes are attached to.
          spec NodeSpec: What the node is meant to be.
          status NodeStatus: How the node is doing. Written by the system.
        type NodeSpec: What a node is meant to be.
          configSource NodeConfigSource: No longer used.
          externalID string: No longer used.
          podCIDR string: The addresses of the node's Pods.
          podCIDRs [string] set merge: The addresses of the node's Pods, one range for each family.
          providerID string: The machine's ID at the cloud.
          taints [Taint]: What keeps Pods away that do not tolerate it.
          unschedulable bool: Whether no new Pods are scheduled.
        type NodeConfigSource: No longer used.
          configMap ConfigMapNodeConfigSource: No longer used.
        type ConfigMapNodeConfigSource: No longer used.
          kubeletConfigKey! string: No longer used.
          name! string: No longer used.
          namespace! string: No longer used.
          resourceVersion string: No longer used.
          uid string: No longer used.
        type Taint: What keeps Pods away from a node.
          effect! string: NoSchedule, PreferNoSchedule or NoExecute.
          key! string: The taint's key.
          timeAdded Time: When it was set.
          value string: The taint's value.
        type NodeStatus: How a node is doing.
          addresses [NodeAddress] map(type) merge: The node's addresses.
          allocatable {Quantity}: What Pods can use, by resource name.
          capacity {Quantity}: What there is, by resource name.
          conditions [NodeCondition] map(type) merge: What holds of the node, such as Ready.
          config NodeConfigStatus: No longer used.
          daemonEndpoints NodeDaemonEndpoints: Ports of the node's daemons.
          features NodeFeatures: What the node's runtime can do.
          images [ContainerImage]: Images that are there.
          nodeInfo NodeSystemInfo: Versions and identifiers.
          phase string: No longer used.
          runtimeHandlers [NodeRuntimeHandler]: What each runtime handler can do.
          volumesAttached [AttachedVolume]: Volumes that are attached.
          volumesInUse [string]: Volumes that are mounted.
        type NodeAddress: An address of a node.
          address! string: The address.
          type! string: Hostname, InternalIP, ExternalIP, InternalDNS or ExternalDNS.
        type NodeCondition: Something that holds of a node.
          lastHeartbeatTime Time: When the node last said so.
          lastTransitionTime Time: When the status last changed.
          message string: Details for people.
          reason string: A single word for programs.
          status! string: True, False or Unknown.
          type! string: What the condition is about.
        type NodeConfigStatus: No longer used.
          active NodeConfigSource: No longer used.
          assigned NodeConfigSource: No longer used.
          error string: No longer used.
          lastKnownGood NodeConfigSource: No longer used.
        type NodeDaemonEndpoints: Ports of a node's daemons.
          kubeletEndpoint DaemonEndpoint: The kubelet's.
        type DaemonEndpoint: A port.
          Port! int32: Its number.
        type NodeFeatures: What a node's runtime can do.
          supplementalGroupsPolicy bool: Whether it knows supplementalGroupsPolicy.
        type ContainerImage: An image on a node.
          names [string]: Its names.
          sizeBytes int64: Its size in bytes.
        type NodeSystemInfo: Versions and identifiers of a node.
          architecture! string: The processor's architecture.
          bootID! string: Tells one boot from the next.
          containerRuntimeVersion! string: The container runtime's version.
          kernelVersion! string: The kernel's version.
          kubeProxyVersion! string: kube-proxy's version.
          kubeletVersion! string: The kubelet's version.
          machineID! string: The machine's ID.
          operatingSystem! string: linux or windows.
          osImage! string: The operating system's name and version.
          systemUUID! string: The UUID from the firmware.
        type NodeRuntimeHandler: What a runtime handler can do.
          features NodeRuntimeHandlerFeatures: What it can do.
          name string: Its name; empty for the default.
        type NodeRuntimeHandlerFeatures: What a runtime handler can do.
          recursiveReadOnlyMounts bool: Mounts that are read-only all the way down.
          userNamespaces bool: User namespaces.
        type AttachedVolume: A volume that is attached to a node.
          devicePath! string: Where the device is.
          name! string: The volume's name.
        """
}
