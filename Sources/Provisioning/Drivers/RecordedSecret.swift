public import DriverProtocol
public import KubernetesAPI

/// The Secret with which a call on record was made, for whoever makes it again: no record holds its values.
public struct RecordedSecret: Sendable {
    /// `namespace/name`.
    public var name: String
    public var values: [String: String]

    /// Looks for it where the call's volume and claim name it, as their class was when the volume was made.
    ///
    /// - Returns: `nil` when neither is there any more, or no Secret is named, or it is gone.
    /// - Throws: What the API throws, apart from `NotFound`; a Secret whose values are no base64.
    public static func find(
        volumeName: String?, claim: ClaimReference?, _ client: any ResourceClient
    ) async throws -> RecordedSecret? {
        var reference: SecretReference?
        if let volumeName { reference = try await named(byVolume: volumeName, client) }
        if reference == nil, let claim { reference = try await named(by: claim, client) }
        guard let reference else { return nil }
        switch try await SecretLookup(reference, client) {
        case .found(let values): return RecordedSecret(name: "\(reference)", values: values)
        case .missing: return nil
        case .unreadable(let message): throw StatusError.badRequest(message)
        }
    }

    private static func named(
        byVolume name: String, _ client: any ResourceClient
    ) async throws -> SecretReference? {
        try await object(.persistentVolume, ObjectKey(name: name), client)
            .flatMap { PersistentVolume($0).deletionSecret }
    }

    private static func named(
        by reference: ClaimReference, _ client: any ResourceClient
    ) async throws -> SecretReference? {
        let key = ObjectKey(namespace: reference.namespace, name: reference.name)
        guard let object = try await object(.persistentVolumeClaim, key, client), object.uid == reference.uid else {
            return nil
        }
        let claim = PersistentVolumeClaim(object)
        // The records of calls in progress belong to the host, which is not asked here.
        guard let className = claim.effectiveClassName,
            let storageClass = try await self.object(.storageClass, ObjectKey(name: className), client)
        else { return nil }
        // A class or claim that is refused by now names none.
        return try? ProvisioningIntent(claim, StorageClass(storageClass), node: nil).secret
    }

    private static func object(
        _ kind: ResourceKind, _ key: ObjectKey, _ client: any ResourceClient
    ) async throws -> StoredObject? {
        do {
            return try await client.get(kind, key)
        } catch let error as StatusError where error.reason == .notFound {
            return nil
        }
    }
}
