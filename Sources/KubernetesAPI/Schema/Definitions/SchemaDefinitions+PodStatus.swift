extension SchemaDefinitions {
    static let podStatus = """
        package io.k8s.api.core.v1
        type PodStatus: How a Pod is doing.
          conditions [PodCondition] map(type) merge: What holds of the Pod, such as Ready.
          containerStatuses [ContainerStatus]: How each container is doing.
          ephemeralContainerStatuses [ContainerStatus]: How each ephemeral container is doing.
          hostIP string: The node's address.
          hostIPs [HostIP] atomic merge(ip): The node's addresses.
          initContainerStatuses [ContainerStatus]: How each init container is doing.
          message string: Why the Pod is in this state, for people.
          nominatedNodeName string: The node on which room is being made for the Pod.
          phase string: Pending, Running, Succeeded, Failed or Unknown.
          podIP string: The Pod's address.
          podIPs [PodIP] map(ip) merge: The Pod's addresses.
          qosClass string: Guaranteed, Burstable or BestEffort.
          reason string: A single word for why the Pod is in this state.
          resize string: How far a change of resources has come.
          resourceClaimStatuses [PodResourceClaimStatus] map(name) merge retainKeys: The claims that were made for the Pod.
          startTime Time: When the node took the Pod.
        type PodCondition: Something that holds of a Pod.
          lastProbeTime Time: When it was last looked at.
          lastTransitionTime Time: When the status last changed.
          message string: Details for people.
          reason string: A single word for programs.
          status! string: True, False or Unknown.
          type! string: What the condition is about.
        type ContainerStatus: How a container is doing.
          allocatedResources {Quantity}: What the node has set aside.
          allocatedResourcesStatus [ResourceStatus] map(name) merge: How the container's devices are doing.
          containerID string: The container's ID at the runtime.
          image! string: The image's name.
          imageID! string: The image's ID.
          lastState ContainerState: How it was before the last restart.
          name! string: The container's name.
          ready! bool: Whether it is ready for requests.
          resources ResourceRequirements: What it has got.
          restartCount! int32: How often it was restarted.
          started bool: Whether it has started.
          state ContainerState: How it is now.
          user ContainerUser: The user of its first process.
          volumeMounts [VolumeMountStatus] map(mountPath) merge: What is mounted.
        type ResourceStatus: How devices are doing.
          name! string: The resource's name.
          resources [ResourceHealth] map(resourceID): Each device.
        type ResourceHealth: How a device is doing.
          health string: Healthy, Unhealthy or Unknown.
          resourceID! string: The device's ID.
        type ContainerState: One of the three.
          running ContainerStateRunning: It runs.
          terminated ContainerStateTerminated: It has ended.
          waiting ContainerStateWaiting: It has not started yet.
        type ContainerStateRunning: A running container.
          startedAt Time: Since when.
        type ContainerStateTerminated: A container that has ended.
          containerID string: Its ID at the runtime.
          exitCode! int32: Its exit status.
          finishedAt Time: When it ended.
          message string: Its last words.
          reason string: A single word for why it ended.
          signal int32: The signal that ended it.
          startedAt Time: When it started.
        type ContainerStateWaiting: A container that has not started yet.
          message string: Why, for people.
          reason string: A single word for why.
        type ContainerUser: The user of a container's first process.
          linux LinuxContainerUser: On Linux.
        type LinuxContainerUser: A user on Linux.
          gid! int64: The group.
          supplementalGroups [int64]: Further groups.
          uid! int64: The user.
        type VolumeMountStatus: A volume that is mounted.
          mountPath! string: Where.
          name! string: The volume's name in the Pod.
          readOnly bool: Whether read-only.
          recursiveReadOnly string: Disabled or Enabled.
        type HostIP: An address of the node.
          ip! string: The address.
        type PodIP: An address of the Pod.
          ip! string: The address.
        type PodResourceClaimStatus: A claim that was made for the Pod.
          name! string: Its name in the Pod.
          resourceClaimName string: The claim.
        """
}
