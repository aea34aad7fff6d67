import APIServer
import TestSupport
import Testing

/// One kubectl at work on one server, with a home of its own.
struct KubectlSession: Sendable {
    let kubectl: Kubectl
    let server: ServerUnderTest
    let home: String

    static func run(
        _ kubectl: Kubectl, isSecure: Bool = true, _ body: @Sendable @escaping (KubectlSession) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { home in
            try await ServerUnderTest.run(isSecure: isSecure) { server in
                try await body(KubectlSession(kubectl: kubectl, server: server, home: home))
            }
        }
    }

    /// Runs a command that must succeed; its output.
    @discardableResult
    func callAsFunction(
        _ arguments: String..., input: String? = nil, environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let result = try await command(arguments, input, environment).run()
        #expect(
            result.isSuccess, "\(kubectl): kubectl \(arguments.joined(separator: " ")): \(result)",
            sourceLocation: sourceLocation)
        return result.output
    }

    /// Runs a command whatever comes of it.
    func result(
        _ arguments: String..., input: String? = nil, environment: [String: String] = [:]
    ) async throws -> ChildProcess.Output {
        try await command(arguments, input, environment).run()
    }

    func command(_ arguments: [String], _ input: String? = nil, _ environment: [String: String] = [:]) -> ChildProcess {
        kubectl.command(
            arguments, home: home, kubeconfig: server.kubeconfig, input: input, environment: environment)
    }

    /// Polls until `condition` holds.
    func eventually(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(kubectl): not within 20 s: \(what)", sourceLocation: sourceLocation)
    }
}
