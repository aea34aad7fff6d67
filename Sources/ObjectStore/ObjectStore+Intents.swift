public import KubernetesAPI

extension ObjectStore {
    public func intents() async throws -> [StoredIntent] { objects.intents }

    public func intent(for volume: String) async throws -> StoredIntent? { objects.intent(for: volume) }

    public func change(_ intent: IntentChange) async throws { try await commits.submit(intent) }
}
