import CloudHTTP
import DriverProtocol
import JSONTree
import Synchronization

/// What all calls of a driver's process have in common: connections, tokens, how much Azure lets through, and what the
/// machine's metadata service says of it.
final class SharedCloud: Sendable {
    let client: HTTPClient
    let tokens: AccessTokens
    let limiter = APIRateLimiter()
    private let machines = Mutex<[Endpoint: RefreshingCredential<JSONValue>]>([:])

    init() {
        client = HTTPClient(HTTPClient.Configuration(userAgent: "berth-azure-disk/1.0"))
        tokens = AccessTokens(client)
    }

    /// `compute` of the instance metadata, asked once: a machine does not move.
    ///
    /// - Throws: ``DriverError``, `CancellationError`.
    func machine(_ endpoint: Endpoint, deadline: ContinuousClock.Instant?) async throws -> JSONValue {
        let known = machines.withLock { machines in
            if let known = machines[endpoint] { return known }
            let made = RefreshingCredential<JSONValue> { [client] deadline in
                .init(try await Self.ask(client, endpoint, deadline), expiration: nil)
            }
            machines[endpoint] = made
            return made
        }
        return try await known.value(deadline: deadline)
    }

    private static func ask(
        _ client: HTTPClient, _ endpoint: Endpoint, _ deadline: ContinuousClock.Instant?
    ) async throws -> JSONValue {
        var request = HTTPRequest(
            .get, endpoint, path: "/metadata/instance", query: [("api-version", "2021-02-01")],
            headers: ["Metadata": "true"])
        // Elsewhere than on Azure nothing answers at that address.
        request.timeouts = HTTPTimeouts(connect: .seconds(2), whole: .seconds(5))
        let task =
            "the machine's own subscription, resource group and region are unknown: give them in drivers.json "
            + "(subscriptionID, resourceGroup, location)"
        let attempts = await Retries(RetrySchedule.Policy(maximumAttempts: 3)).run(
            "metadata", deadline: deadline, judge: ResourceManager.verdict
        ) { [request] () throws(HTTPFailure) in try await client.send(request, deadline: deadline) }
        switch attempts.outcome {
        case .success(let reply):
            guard reply.isSuccess, let compute = reply.json?["compute"] else {
                throw DriverError(
                    .failedPrecondition, "\(task): the metadata service answers with status \(reply.status)")
            }
            return compute
        case .failure(let failure):
            if failure.kind == .cancelled { try Task.checkCancellation() }
            throw DriverError(.failedPrecondition, "\(task): \(failure.message)")
        }
    }
}
