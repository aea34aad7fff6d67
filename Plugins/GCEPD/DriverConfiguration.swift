import CloudHTTP
import DriverProtocol
import Glibc
import JSONTree

/// What drivers.json says of the driver, and the variables that Google's own tools read.
struct DriverConfiguration: Sendable, Hashable {
    /// Whose parameters, defaults and names are spoken.
    enum Dialect: String, Sendable {
        /// `kubernetes.io/gce-pd`
        case inTree = "in-tree"
        /// `pd.csi.storage.gke.io`
        case csi
    }

    private static let members: Set<String> = [
        "dialect", "project", "region", "zone", "zones", "endpoint", "tokenEndpoint", "metadataEndpoint",
        "credentialsFile", "anonymous", "deviceDirectory", "labels", "topologyKey",
    ]
    static let defaultEndpoint = "https://compute.googleapis.com/compute/v1"

    let dialect: Dialect
    /// `nil`: the credentials' file or the metadata server says it.
    let project: String?
    let region: String?
    /// Where volumes may be made when neither class nor topology says; empty: anywhere in the region.
    let zones: [String]
    let endpoint: Endpoint
    let credentials: CredentialSource
    /// Holds `by-id/google-…`, as udev makes it.
    let deviceDirectory: String
    /// On every disk and snapshot.
    let labels: [String: String]
    /// Under which key PersistentVolumes say their zone.
    let topologyKey: String

    /// The dialect alone, for `init`, which must not fail whatever the configuration holds.
    static func dialect(of driver: DriverReference) -> Dialect {
        driver.config["dialect"]?.stringValue.flatMap(Dialect.init) ?? .csi
    }

    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`, with the member's name in `field`.
    init(_ driver: DriverReference) throws(DriverError) {
        let config = driver.config
        if let unknown = config.keys.first(where: { !Self.members.contains($0) }) {
            throw Self.invalid(unknown, "is unknown; there are \(Self.members.sorted().joined(separator: ", "))")
        }
        func string(_ name: String) throws(DriverError) -> String? {
            guard let value = config[name] else { return nil }
            guard let text = value.stringValue, !text.isEmpty else { throw Self.invalid(name, "must be a string") }
            return text
        }
        let word = try string("dialect") ?? Dialect.csi.rawValue
        guard let dialect = Dialect(rawValue: word) else {
            throw Self.invalid("dialect", "is in-tree or csi, not \"\(word)\"")
        }
        self.dialect = dialect
        project = try string("project") ?? Environment["GOOGLE_CLOUD_PROJECT"]
        let zone = try string("zone")
        var zones = zone.map { [$0] } ?? []
        if let value = config["zones"] {
            guard zone == nil else { throw Self.invalid("zones", "and zone exclude each other") }
            guard let list = value.stringArray, list.count == value.arrayValue?.count, !list.isEmpty else {
                throw Self.invalid("zones", "must be a list of zones")
            }
            zones = list
        }
        self.zones = zones
        region = try string("region") ?? zones.first.map(Zones.region)
        let text =
            try string("endpoint") ?? Environment["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"] ?? Self.defaultEndpoint
        endpoint = try Self.endpoint(text)
        if let anonymous = config["anonymous"], anonymous.boolValue == nil {
            throw Self.invalid("anonymous", "must be true or false")
        }
        if config["anonymous"]?.boolValue == true {
            guard endpoint.isLoopback else {
                throw Self.invalid("anonymous", "is for a simulator on this machine; Google asks who calls")
            }
            credentials = .anonymous
        } else if let path = try string("credentialsFile") ?? Environment["GOOGLE_APPLICATION_CREDENTIALS"] {
            credentials = .file(path, tokenEndpoint: try string("tokenEndpoint"))
        } else {
            credentials = .metadata(try Self.metadata(try string("metadataEndpoint")))
        }
        deviceDirectory = try string("deviceDirectory") ?? "/dev/disk"
        if let value = config["labels"] {
            guard let labels = value.stringDictionary, labels.count == value.objectValue?.count else {
                throw Self.invalid("labels", "must be an object of strings")
            }
            self.labels = labels
        } else {
            labels = [:]
        }
        topologyKey = try string("topologyKey") ?? (dialect == .csi ? "topology.gke.io/zone" : Zones.key)
    }

    /// `http://127.0.0.1:4571` means its `/compute/v1`; what has a path has its own.
    private static func endpoint(_ text: String) throws(DriverError) -> Endpoint {
        let endpoint = try Endpoint(text)
        return endpoint.path.isEmpty ? try Endpoint("\(endpoint)/compute/v1") : endpoint
    }

    private static func metadata(_ configured: String?) throws(DriverError) -> Endpoint {
        if let configured { return try Endpoint(configured) }
        guard let host = Environment["GCE_METADATA_HOST"] else {
            return try Endpoint("http://metadata.google.internal")
        }
        return try Endpoint(host.contains("://") ? host : "http://\(host)")
    }

    private static func invalid(_ member: String, _ reason: String) -> DriverError {
        DriverError(
            .invalidArgument, "drivers.json: config.\(member) of the driver \(reason)",
            field: "driver.config.\(member)")
    }
}

/// The variables that drivers.json lets through.
enum Environment {
    static subscript(name: String) -> String? {
        guard let value = getenv(name) else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }
}
