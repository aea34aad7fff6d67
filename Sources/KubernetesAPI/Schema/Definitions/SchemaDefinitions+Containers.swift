extension SchemaDefinitions {
    /// An ephemeral container has all that a container has, and the name of the container it looks into.
    private static let containerFields = """
          args [string]: Arguments of the entry point.
          command [string]: The entry point, instead of the image's.
          env [EnvVar] map(name) merge: Environment variables.
          envFrom [EnvFromSource]: ConfigMaps and Secrets whose keys become environment variables.
          image string: The image's name.
          imagePullPolicy string: Always, Never or IfNotPresent.
          lifecycle Lifecycle: What to do after the start and before the stop.
          livenessProbe Probe: Tells whether the container must be restarted.
          name! string: The container's name in the Pod.
          ports [ContainerPort] map(containerPort,protocol=TCP) merge: Ports that the container listens on.
          readinessProbe Probe: Tells whether the container is ready for requests.
          resizePolicy [ContainerResizePolicy]: What a change of resources does.
          resources ResourceRequirements: What the container needs and may use.
          restartPolicy string: Always for an init container that runs beside the others.
          securityContext SecurityContext: The container's user and rights.
          startupProbe Probe: Tells whether the container has started.
          stdin bool: Whether there is a standard input.
          stdinOnce bool: Whether it is closed after the first client.
          terminationMessagePath string: The file with the container's last words.
          terminationMessagePolicy string: File, or FallbackToLogsOnError.
          tty bool: Whether there is a terminal.
          volumeDevices [VolumeDevice] map(devicePath) merge: Volumes that the container sees as block devices.
          volumeMounts [VolumeMount] map(mountPath) merge: Volumes that the container sees as directories.
          workingDir string: The working directory.
        """

    static let container = """
        package io.k8s.api.core.v1
        type Container: A container of a Pod.
        \(containerFields)
        type EphemeralContainer: A container that was added to look into a running Pod.
        \(containerFields)
          targetContainerName string: The container whose processes it sees.
        type EnvVar: An environment variable.
          name! string: Its name.
          value string: Its value.
          valueFrom EnvVarSource: Where its value comes from.
        type EnvVarSource: Where a value comes from: one of these.
          configMapKeyRef ConfigMapKeySelector: A key of a ConfigMap.
          fieldRef ObjectFieldSelector: A field of the Pod.
          resourceFieldRef ResourceFieldSelector: A resource of a container.
          secretKeyRef SecretKeySelector: A key of a Secret.
        type ConfigMapKeySelector atomic: A key of a ConfigMap.
          key! string: The key.
          name string: The ConfigMap's name.
          optional bool: Whether it may be missing.
        type SecretKeySelector atomic: A key of a Secret.
          key! string: The key.
          name string: The Secret's name.
          optional bool: Whether it may be missing.
        type ObjectFieldSelector atomic: A field of the Pod.
          apiVersion string: The version of the API that the path belongs to.
          fieldPath! string: The path, such as metadata.name.
        type ResourceFieldSelector atomic: A resource of a container.
          containerName string: The container.
          divisor Quantity: The unit of the result.
          resource! string: The resource, such as limits.cpu.
        type EnvFromSource: Environment variables from all keys of an object.
          configMapRef ConfigMapEnvSource: A ConfigMap.
          prefix string: What is put before each key.
          secretRef SecretEnvSource: A Secret.
        type ConfigMapEnvSource: A ConfigMap.
          name string: Its name.
          optional bool: Whether it may be missing.
        type SecretEnvSource: A Secret.
          name string: Its name.
          optional bool: Whether it may be missing.
        type Lifecycle: What to do after the start and before the stop.
          postStart LifecycleHandler: After the start.
          preStop LifecycleHandler: Before the stop.
        type LifecycleHandler: One of these.
          exec ExecAction: A command in the container.
          httpGet HTTPGetAction: An HTTP request.
          sleep SleepAction: A pause.
          tcpSocket TCPSocketAction: No longer used.
        type ExecAction: A command in the container.
          command [string]: The command and its arguments; no shell.
        type HTTPGetAction: An HTTP request.
          host string: The host; the Pod's address by default.
          httpHeaders [HTTPHeader]: Headers of the request.
          path string: The path.
          port! IntOrString: The port's number or name.
          scheme string: HTTP or HTTPS.
        type HTTPHeader: A header of a request.
          name! string: Its name.
          value! string: Its value.
        type SleepAction: A pause.
          seconds! int64: Its length.
        type TCPSocketAction: A TCP connection.
          host string: The host; the Pod's address by default.
          port! IntOrString: The port's number or name.
        type GRPCAction: A gRPC health check.
          port! int32: The port's number.
          service string: The service to ask for.
        type Probe: A check of a container; one of exec, grpc, httpGet, tcpSocket.
          exec ExecAction: A command that must exit with 0.
          failureThreshold int32: After how many failures in a row the check has failed.
          grpc GRPCAction: A gRPC health check.
          httpGet HTTPGetAction: An HTTP request that must be answered with 2xx or 3xx.
          initialDelaySeconds int32: Seconds before the first check.
          periodSeconds int32: Seconds between checks.
          successThreshold int32: After how many successes in a row the check has succeeded.
          tcpSocket TCPSocketAction: A TCP connection that must succeed.
          terminationGracePeriodSeconds int64: Seconds that the container has to end by itself.
          timeoutSeconds int32: Seconds that a check may take.
        type ContainerPort: A port that a container listens on.
          containerPort! int32: The port in the container.
          hostIP string: The address of the node to bind to.
          hostPort int32: The port of the node.
          name string: A name for the port.
          protocol string: TCP (the default), UDP or SCTP.
        type ContainerResizePolicy: What a change of a resource does.
          resourceName! string: cpu or memory.
          restartPolicy! string: NotRequired or RestartContainer.
        type ResourceRequirements: What is needed and what may be used.
          claims [ResourceClaim] map(name): Claims of devices that the container uses.
          limits {Quantity}: The most that may be used, by resource name.
          requests {Quantity}: The least that is needed, by resource name.
        type ResourceClaim: A claim of devices that a container uses.
          name! string: The claim's name in the Pod.
          request string: One request of the claim.
        type SecurityContext: A container's user and rights.
          allowPrivilegeEscalation bool: Whether a process may gain more rights than its parent.
          appArmorProfile AppArmorProfile: The AppArmor profile.
          capabilities Capabilities: Capabilities to add and drop.
          privileged bool: Whether the container has all rights of the node's root.
          procMount string: How /proc is mounted.
          readOnlyRootFilesystem bool: Whether the image's files are read-only.
          runAsGroup int64: The group.
          runAsNonRoot bool: Whether running as root is refused.
          runAsUser int64: The user.
          seLinuxOptions SELinuxOptions: The SELinux context.
          seccompProfile SeccompProfile: The seccomp profile.
          windowsOptions WindowsSecurityContextOptions: What Windows needs.
        type AppArmorProfile: An AppArmor profile.
          localhostProfile string: The profile on the node.
          type! string: Localhost, RuntimeDefault or Unconfined.
        type Capabilities: Capabilities of Linux.
          add [string]: To add.
          drop [string]: To drop.
        type SELinuxOptions: An SELinux context.
          level string: Its level.
          role string: Its role.
          type string: Its type.
          user string: Its user.
        type SeccompProfile: A seccomp profile.
          localhostProfile string: The profile on the node.
          type! string: Localhost, RuntimeDefault or Unconfined.
        type WindowsSecurityContextOptions: What Windows needs.
          gmsaCredentialSpec string: The credential specification.
          gmsaCredentialSpecName string: Its name.
          hostProcess bool: Whether the container runs as a process of the host.
          runAsUserName string: The user.
        type VolumeDevice: A volume as a block device.
          devicePath! string: The device's path in the container.
          name! string: The volume's name in the Pod.
        type VolumeMount: A volume as a directory.
          mountPath! string: Where it is mounted in the container.
          mountPropagation string: None, HostToContainer or Bidirectional.
          name! string: The volume's name in the Pod.
          readOnly bool: Whether it is mounted read-only.
          recursiveReadOnly string: Disabled, IfPossible or Enabled.
          subPath string: The path in the volume; its root by default.
          subPathExpr string: As subPath, with $(VARIABLES) of the environment.
        """
}
