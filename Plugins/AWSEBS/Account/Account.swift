import CloudHTTP
import DriverProtocol
import Synchronization

/// An account and region of Amazon's, as drivers.json and the environment say which: endpoints, credentials, and what
/// is known of the region. Shared by all calls of a resident driver.
final class Account: Sendable {
    let configuration: DriverConfiguration
    let region: String
    let api: QueryAPI
    let credentials: CredentialChain
    private let zoneCache = Mutex<(zones: [String], end: ContinuousClock.Instant)?>(nil)

    /// Finds out which region it is, and where its EC2 is served.
    ///
    /// - Throws: ``DriverError`` that says what is missing; `CancellationError`.
    init(
        _ configuration: DriverConfiguration, _ environment: Environment, client: HTTPClient,
        deadline: ContinuousClock.Instant?
    ) async throws {
        self.configuration = configuration
        let given = try Endpoints(configuration, environment)
        let files = try SharedFiles(configuration, environment)
        let metadata = given.metadata.map { InstanceMetadata(client: client, endpoint: $0) }
        region = try await Self.region(configuration, environment, files, metadata, given, deadline)
        let endpoint = try given.ec2 ?? Endpoints.amazons("ec2", region)
        let limiter = APIRateLimiter()
        api = QueryAPI(
            client: client, endpoint: endpoint, version: "2016-11-15",
            signer: SigV4Signer(service: "ec2", region: region), retries: Retries(limiter: limiter))
        let tokens = QueryAPI(
            client: client, endpoint: try given.tokens ?? Endpoints.amazons("sts", region), version: "2011-06-15",
            signer: SigV4Signer(service: "sts", region: region), retries: Retries(limiter: limiter))
        credentials = CredentialChain(
            environment: environment, files: files, metadata: metadata, tokens: tokens,
            allowsUnsigned: endpoint.isLoopback)
    }

    private static func region(
        _ configuration: DriverConfiguration, _ environment: Environment, _ files: SharedFiles,
        _ metadata: InstanceMetadata?, _ endpoints: Endpoints, _ deadline: ContinuousClock.Instant?
    ) async throws -> String {
        if let region = configuration.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
            ?? files["region"]
        {
            return region
        }
        if let metadata { return try await metadata.region(deadline: deadline) }
        // A simulator or an emulator on this machine; this is the region that they have when nobody says.
        if endpoints.ec2?.isLoopback == true { return "us-east-1" }
        throw DriverError(
            .failedPrecondition,
            "no region is given: set 'region' in the driver's config in drivers.json, or AWS_REGION in its env",
            field: "driver.config.region", outcome: .final)
    }

    /// The zones over which volumes are spread whose class and claim name none.
    func zones(_ ec2: EC2) async throws(EC2Failure) -> [String] {
        if !configuration.zones.isEmpty { return configuration.zones }
        if let known = zoneCache.withLock({ $0 }), ContinuousClock.now < known.end { return known.zones }
        let root = try await ec2.call(
            "DescribeAvailabilityZones", [("Filter.1.Name", "zone-type"), ("Filter.1.Value.1", "availability-zone")])
        let zones = (root["availabilityZoneInfo"]?.all("item") ?? [])
            .filter { $0.string("zoneState") == "available" }.compactMap { $0.string("zoneName") }.sorted()
        zoneCache.withLock { $0 = (zones, .now + .seconds(600)) }
        return zones
    }
}

/// Where Amazon's services are, as far as somebody says.
struct Endpoints: Sendable {
    /// `nil`: Amazon's own.
    var ec2: Endpoint?
    var tokens: Endpoint?
    /// `nil`: not asked.
    var metadata: Endpoint?

    /// - Throws: ``DriverError`` for what is no endpoint.
    init(_ configuration: DriverConfiguration, _ environment: Environment) throws(DriverError) {
        let common = environment["AWS_ENDPOINT_URL"]
        ec2 = try Self.endpoint(
            configuration.endpoint ?? environment["AWS_ENDPOINT_URL_EC2"] ?? environment["AWS_EC2_ENDPOINT"] ?? common)
        tokens = try Self.endpoint(
            configuration.tokenEndpoint ?? environment["AWS_ENDPOINT_URL_STS"] ?? common)
        if let given = configuration.metadataEndpoint ?? environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] {
            metadata = try Endpoint(given)
        } else if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true", ec2?.isLoopback != true {
            metadata = try Endpoint("http://169.254.169.254")
        }
    }

    static func amazons(_ service: String, _ region: String) throws(DriverError) -> Endpoint {
        let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
        return try Endpoint("https://\(service).\(region).\(domain)")
    }

    private static func endpoint(_ text: String?) throws(DriverError) -> Endpoint? {
        guard let text else { return nil }
        return try Endpoint(text)
    }
}
