import CloudHTTP
import DriverProtocol
import Glibc
import JSONTree

/// What drivers.json's `config` and the environment say: where the cloud is, and where in it disks go.
struct DriverConfiguration: Sendable {
    static let azure = "https://management.azure.com"
    private static let entra = "https://login.microsoftonline.com"
    private static let metadata = "http://169.254.169.254"

    let dialect: Dialect
    let endpoint: Endpoint
    let tokenEndpoint: Endpoint
    let metadataEndpoint: Endpoint
    /// Whether there may be a metadata service: a simulator on this machine needs none.
    let hasMetadata: Bool
    let subscription: String?
    let resourceGroup: String?
    let location: String?
    let tenant: String?
    let client: String?
    let clientSecret: String?
    let deviceDirectory: String
    let tags: String?

    private static let names: Set<String> = [
        "dialect", "endpoint", "tokenEndpoint", "metadataEndpoint", "subscriptionID", "resourceGroup", "location",
        "tenantID", "clientID", "deviceDirectory", "tags", "sharedDisks",
    ]

    init(_ request: DriverRequest) throws(DriverError) {
        let config = request.driver.config
        for (name, _) in config where !Self.names.contains(name) {
            throw Self.invalid(
                "has an unknown member '\(name)'; there are \(Self.names.sorted().joined(separator: ", "))")
        }
        func setting(_ name: String, _ variables: String...) throws(DriverError) -> String? {
            if let value = config[name] {
                guard let text = value.stringValue, !text.isEmpty else {
                    throw Self.invalid("'\(name)' must be a string that is not empty")
                }
                return text
            }
            return variables.lazy.compactMap(Self.variable).first
        }
        if let word = config["dialect"]?.stringValue, Dialect(rawValue: word) == nil {
            throw Self.invalid("'dialect' must be \"csi\" or \"in-tree\"")
        }
        if let shared = config["sharedDisks"], shared.boolValue == nil {
            throw Self.invalid("'sharedDisks' must be true or false")
        }
        dialect = Dialect(request.driver)
        endpoint = try Endpoint(try setting("endpoint", "AZURE_RESOURCE_MANAGER_ENDPOINT") ?? Self.azure)
        let metadata = try setting("metadataEndpoint", "AZURE_POD_IDENTITY_AUTHORITY_HOST")
        hasMetadata = metadata != nil || !endpoint.isLoopback
        metadataEndpoint = try Endpoint(metadata ?? Self.metadata)
        let token = try setting("tokenEndpoint", "AZURE_AUTHORITY_HOST")
        tokenEndpoint =
            if let token { try Endpoint(token) } else if endpoint.isLoopback { endpoint } else {
                try Endpoint(Self.entra)
            }
        subscription = try Self.name("subscriptionID", try setting("subscriptionID", "AZURE_SUBSCRIPTION_ID"))
        resourceGroup = try Self.name("resourceGroup", try setting("resourceGroup", "AZURE_RESOURCE_GROUP"))
        location = try setting("location", "AZURE_LOCATION").map { $0.lowercased().filter { $0 != " " } }
        let (configuredTenant, configuredClient) =
            (try setting("tenantID", "AZURE_TENANT_ID"), try setting("clientID", "AZURE_CLIENT_ID"))
        tenant = request.secrets["tenantID"] ?? configuredTenant
        client = request.secrets["clientID"] ?? configuredClient
        clientSecret = request.secrets["clientSecret"] ?? Self.variable("AZURE_CLIENT_SECRET")
        deviceDirectory = try setting("deviceDirectory") ?? "/dev/disk"
        tags = try setting("tags")
    }

    private static func variable(_ name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    private static func name(_ member: String, _ text: String?) throws(DriverError) -> String? {
        guard let text else { return nil }
        guard ResourceID.isName(text) else { throw invalid("'\(member)' is not a name that Azure would give") }
        return text
    }

    private static func invalid(_ message: String) -> DriverError {
        DriverError(.failedPrecondition, "the driver's config in drivers.json \(message)", field: "driver.config")
    }
}
