import ArgumentParser
import KubernetesClient

/// Which API server to speak to.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The kubeconfig file.",
            discussion: "Default: the one berth serve wrote in its data directory, else $KUBECONFIG."))
    var kubeconfig: String?

    @Option(help: "The context in the kubeconfig; default: its current one.")
    var context: String?

    /// - Parameter timeout: How long any answer may take.
    func connect<Result: Sendable>(
        timeout: Duration = .seconds(60), _ body: @Sendable (APIConnection) async throws -> Result
    ) async throws -> Result {
        let config = try Kubeconfig.load(path: kubeconfig ?? Locations.kubeconfig(), context: context)
        return try await APIConnection.with(config, timeout: timeout, body)
    }
}

/// In which namespace.
struct NamespaceOptions: ParsableArguments {
    @Option(name: [.customShort("n"), .long], help: "The namespace; default: the kubeconfig's.")
    var namespace: String?

    func resolve(_ connection: APIConnection) -> String { namespace ?? connection.namespace }
}
