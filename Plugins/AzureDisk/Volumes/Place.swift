import CloudHTTP
import DriverProtocol
import JSONTree

/// Where disks go that do not say otherwise: the configured subscription, group and region, else those of the machine on
/// which the driver runs, as its metadata service tells.
struct Place: Sendable {
    let subscription: String?
    let group: String?
    let location: String?

    /// - Throws: ``DriverError``, `CancellationError`.
    init(_ configuration: DriverConfiguration, _ cloud: SharedCloud, deadline: ContinuousClock.Instant?) async throws {
        var (subscription, group) = (configuration.subscription, configuration.resourceGroup)
        var location = configuration.location
        if subscription == nil || group == nil || location == nil, configuration.hasMetadata {
            let machine = try await cloud.machine(configuration.metadataEndpoint, deadline: deadline)
            subscription = subscription ?? machine["subscriptionId"]?.stringValue
            group = group ?? machine["resourceGroupName"]?.stringValue
            location = location ?? machine["location"]?.stringValue
        }
        (self.subscription, self.group, self.location) = (subscription, group, location)
    }

    /// The disk of a name, where its class puts it.
    func disk(_ name: String, _ parameters: ClassParameters) throws(DriverError) -> ResourceID {
        for (parameter, value) in [
            ("subscriptionID", parameters.subscription), ("resourceGroup", parameters.resourceGroup),
        ] {
            guard let value, !ResourceID.isName(value) else { continue }
            throw ClassParameters.invalid(parameter, "is not a name that Azure would give")
        }
        return try resource(.disk, name, subscription: parameters.subscription, group: parameters.resourceGroup)
    }

    func resource(
        _ kind: ResourceID.Kind, _ name: String, subscription: String? = nil, group: String? = nil
    ) throws(DriverError) -> ResourceID {
        let (subscription, group) = try self.group(subscription: subscription, group: group)
        return ResourceID(kind, subscription: subscription, group: group, name: name)
    }

    /// A group, as given or as configured.
    func group(
        subscription: String? = nil, group: String? = nil
    ) throws(DriverError) -> (subscription: String, group: String) {
        guard let subscription = subscription ?? self.subscription else {
            throw Self.missing("subscription", "subscriptionID", "AZURE_SUBSCRIPTION_ID")
        }
        guard let group = group ?? self.group else {
            throw Self.missing("resource group", "resourceGroup", "AZURE_RESOURCE_GROUP")
        }
        return (subscription, group)
    }

    private static func missing(_ what: String, _ name: String, _ variable: String) -> DriverError {
        DriverError(
            .failedPrecondition,
            "no \(what): give the driver a \(name) in drivers.json, or set \(variable) in its env",
            field: "driver.config")
    }
}
