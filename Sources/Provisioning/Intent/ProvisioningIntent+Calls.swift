import DriverProtocol
import KubernetesAPI

extension ProvisioningIntent {
    /// What the driver is asked to make: the same for every call of one intent.
    ///
    /// - Throws: ``ClassParameterError``, for an intent that another version wrote.
    func volumeRequest(claimUID: String) throws(ClassParameterError) -> VolumeRequest {
        VolumeRequest(
            name: Self.volumeName(claimUID: claimUID), capacityBytes: requestBytes, limitBytes: limitBytes,
            accessModes: accessModes, volumeMode: volumeMode, fsType: try ClassParameters(parameters).fsType,
            mountOptions: mountOptions, topology: topology)
    }

    func driverParameters() throws(ClassParameterError) -> [String: String] {
        try ClassParameters(parameters).driverParameters
    }

    func claimReference(_ claim: PersistentVolumeClaim) -> ClaimReference {
        ClaimReference(
            namespace: claim.namespace ?? "", name: claim.name, uid: claim.uid, labels: claimLabels,
            annotations: claimAnnotations)
    }
}
