public import KubernetesAPI

extension ObjectStore {
    public func intents() async throws -> [StoredIntent] { objects.intents }

    public func intent(for volume: String) async throws -> StoredIntent? { objects.intent(for: volume) }

    public func change(_ intent: IntentChange) async throws { try await commits.submit(intent) }
}

/// What the host has to know about itself before it serves anything. Read and written at startup.
extension ObjectStore {
    /// - Returns: `nil` when it was never set.
    /// - Throws: ``StoreError``.
    public func hostValue(_ key: String) throws -> String? { try database.hostValue(key) }

    /// Returns when the value is durable.
    ///
    /// - Throws: ``StoreError``.
    public func setHostValue(_ key: String, _ value: String) throws { try database.setHostValue(key, value) }
}
