import CloudHTTP
import DriverProtocol
import JSONTree
import Synchronization

/// What a resident driver keeps between calls: connections, tokens, the zones of regions.
final class Backend: Sendable {
    private struct RegionKey: Hashable {
        var endpoint: Endpoint
        var project: String
        var region: String
    }

    private let http: HTTPClient
    let tokens: BearerTokens
    private let zones = Mutex<[RegionKey: [String]]>([:])

    init() {
        http = HTTPClient(.init(userAgent: "berth-gce-pd/1.0"))
        tokens = BearerTokens(http)
    }

    /// For a call that gives no time, which hosts never do.
    private static let defaultTime = Duration.seconds(120)

    /// - Throws: ``DriverError``: the configuration or the credentials cannot be used.
    func session(_ request: DriverRequest) async throws -> Session {
        let deadline = request.callDeadline() ?? .now + Self.defaultTime
        let configuration = try DriverConfiguration(request.driver)
        var project = configuration.project
        if project == nil { project = try await tokens.project(configuration.credentials, deadline: deadline) }
        guard let project else {
            throw DriverError(
                .invalidArgument,
                "no project is named: set config.project of the driver in drivers.json, or GOOGLE_CLOUD_PROJECT",
                field: "driver.config.project")
        }
        let api = ComputeAPI(
            http: http, tokens: tokens, configuration: configuration, project: project, callID: request.callID,
            deadline: deadline)
        return Session(api: api, backend: self, configuration: configuration, request: request)
    }

    /// The zones of a region. They are asked for once: new ones open rarely, and what is made where must not change.
    func zones(of region: String, _ api: ComputeAPI) async throws(ComputeFailure) -> [String] {
        let key = RegionKey(endpoint: api.configuration.endpoint, project: api.project, region: region)
        if let known = zones.withLock({ $0[key] }) { return known }
        let links = try await api.get("regions/\(region)", "regions.get")["zones"]?.stringArray ?? []
        let names = links.compactMap { $0.split(separator: "/").last.map(String.init) }.sorted()
        zones.withLock { $0[key] = names }
        return names
    }
}
