import DriverHost
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
        claimReference(claim.key, uid: claim.uid)
    }

    func claimReference(_ claim: ObjectKey, uid: String) -> ClaimReference {
        ClaimReference(
            namespace: claim.namespace ?? "", name: claim.name, uid: uid, labels: claimLabels,
            annotations: claimAnnotations)
    }
}

extension RecordedIntent {
    /// A call with the config that is on record, whatever drivers.json says by now.
    private func pinned(_ call: DriverCall) -> DriverCall {
        var call = call
        call.config = driver.config
        return call
    }

    /// - Throws: ``ClassParameterError``, for an intent that another version wrote.
    func provision(secrets: [String: String]) throws(ClassParameterError) -> DriverCall {
        pinned(
            DriverCall(
                .provision, volume: try arguments.volumeRequest(claimUID: claimUID),
                parameters: try arguments.driverParameters(), secrets: secrets,
                claim: arguments.claimReference(claim, uid: claimUID)))
    }

    /// Deletes what the driver made for this intent, or may have made.
    ///
    /// - Parameter made: What it answered; `nil`: nobody knows, and it is found by its name.
    /// - Throws: ``ClassParameterError``, for an intent that another version wrote: without its parameters the wrong
    ///   place could be meant.
    func delete(_ made: ProvisionedVolume?, secrets: [String: String]) throws(ClassParameterError) -> DriverCall {
        var request = VolumeRequest(name: volumeName)
        request.id = made?.id
        request.context = made?.context ?? [:]
        request.capacityBytes = made?.capacityBytes
        request.volumeMode = arguments.volumeMode
        request.accessModes = arguments.accessModes
        request.mountOptions = arguments.mountOptions
        return pinned(
            DriverCall(
                .delete, volume: request, parameters: try arguments.driverParameters(), secrets: secrets,
                claim: arguments.claimReference(claim, uid: claimUID)))
    }
}
