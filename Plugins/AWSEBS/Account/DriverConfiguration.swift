import CloudHTTP
import DriverProtocol
import JSONTree

/// What drivers.json's `config` says.
struct DriverConfiguration: Sendable, Hashable {
    /// Whose parameters and defaults a class has.
    enum Dialect: String, Sendable {
        /// `ebs.csi.aws.com`
        case csi
        /// `kubernetes.io/aws-ebs`
        case inTree = "in-tree"
    }

    var dialect = Dialect.csi
    var endpoint: String?
    /// Of STS.
    var tokenEndpoint: String?
    /// Of the instance's metadata.
    var metadataEndpoint: String?
    var region: String?
    /// Where volumes go whose class and claim name no zone; empty: all of the region.
    var zones: [String] = []
    /// Of the shared files.
    var profile: String?
    /// For the tags by which Amazon's own drivers tell clusters apart.
    var clusterID: String?
    /// Further tags for every volume and snapshot.
    var tags: [String: String] = [:]
    /// Where udev's links to devices are.
    var deviceDirectory = "/dev/disk"
    /// Overrides of what is known of volume types.
    var volumeTypes: [String: VolumeType] = VolumeType.all

    private static let names = [
        "dialect", "endpoint", "tokenEndpoint", "metadataEndpoint", "region", "zones", "profile", "clusterID", "tags",
        "deviceDirectory", "volumeTypes",
    ]

    init() {}

    /// - Throws: ``DriverError`` `FAILED_PRECONDITION` for what cannot be read.
    init(_ config: JSONObject) throws(DriverError) {
        for (name, value) in config {
            switch name {
            case "dialect":
                guard let dialect = value.stringValue.flatMap(Dialect.init) else {
                    throw Self.invalid("'dialect' must be \"csi\" or \"in-tree\"")
                }
                self.dialect = dialect
            case "endpoint": endpoint = try Self.text(name, value)
            case "tokenEndpoint": tokenEndpoint = try Self.text(name, value)
            case "metadataEndpoint": metadataEndpoint = try Self.text(name, value)
            case "region": region = try Self.text(name, value)
            case "profile": profile = try Self.text(name, value)
            case "clusterID": clusterID = try Self.text(name, value)
            case "deviceDirectory": deviceDirectory = try Self.text(name, value)
            case "zones":
                guard let zones = value.stringArray, zones.count == value.arrayValue?.count else {
                    throw Self.invalid("'zones' must be an array of strings")
                }
                self.zones = zones
            case "tags":
                guard let tags = value.stringDictionary, tags.count == value.objectValue?.count else {
                    throw Self.invalid("'tags' must be an object of strings")
                }
                self.tags = tags
            case "volumeTypes":
                for (type, limits) in value.objectValue ?? [:] {
                    guard let known = VolumeType(limits, over: volumeTypes[type]) else {
                        throw Self.invalid(
                            "'volumeTypes.\(type)' must be an object of the integers \(VolumeType.members)")
                    }
                    volumeTypes[type] = known
                }
            default:
                throw Self.invalid("has an unknown member '\(name)'; there are \(Self.names.joined(separator: ", "))")
            }
        }
    }

    /// What `init` goes by: a config that cannot be read has its dialect all the same.
    static func dialect(_ config: JSONObject) -> Dialect {
        config["dialect"]?.stringValue.flatMap(Dialect.init) ?? .csi
    }

    private static func text(_ name: String, _ value: JSONValue) throws(DriverError) -> String {
        guard let text = value.stringValue, !text.isEmpty else { throw invalid("'\(name)' must be a string") }
        return text
    }

    private static func invalid(_ message: String) -> DriverError {
        DriverError(
            .failedPrecondition, "the driver's config in drivers.json: \(message)", field: "driver.config",
            outcome: .final)
    }
}
