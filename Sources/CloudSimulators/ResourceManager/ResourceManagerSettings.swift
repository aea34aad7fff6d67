import Foundation

/// The simulated Azure as its configuration describes it: places, machines, limits, times.
struct ResourceManagerSettings: Sendable {
    struct Machine: Sendable {
        var name: ResourceName
        var location: String
        var zone: String?
        var size: String
        /// The machine on which the simulator runs: what is attached appears here in data mode.
        var isLocal: Bool
        var takesUltraDisks: Bool
    }

    struct Quotas: Sendable {
        var disks: Int64
        var snapshots: Int64

        init(_ settings: SettingsReader) throws(SettingsError) {
            disks = try settings.integer("disks")
            snapshots = try settings.integer("snapshots")
        }
    }

    /// In milliseconds of the simulator's clock.
    struct Durations: Sendable {
        var creating: Int64
        var copyingPerGB: Int64
        var updating: Int64
        var deleting: Int64
        var attaching: Int64
        var detaching: Int64

        init(_ settings: SettingsReader) throws(SettingsError) {
            creating = try settings.integer("creating")
            copyingPerGB = try settings.integer("copyingPerGB")
            updating = try settings.integer("updating")
            deleting = try settings.integer("deleting")
            attaching = try settings.integer("attaching")
            detaching = try settings.integer("detaching")
        }
    }

    struct RateLimitSettings: Sendable {
        struct Limit: Sendable {
            var requests: Int64
            var milliseconds: Int64

            init(_ settings: SettingsReader) throws(SettingsError) {
                requests = try settings.integer("requests", in: 1...1 << 40)
                milliseconds = try settings.integer("perSeconds", in: 1...1 << 40) * 1000
            }
        }

        var areEnforced: Bool
        var reads: Limit
        var writes: Limit
        var deletes: Limit
        /// `Retry-After` of a throttling fault that names none.
        var retryAfterSeconds: Int

        init(_ settings: SettingsReader) throws(SettingsError) {
            areEnforced = try settings.bool("enforced")
            reads = try Limit(try settings.table("reads"))
            writes = try Limit(try settings.table("writes"))
            deletes = try Limit(try settings.table("deletes"))
            retryAfterSeconds = Int(try settings.integer("retryAfterSeconds", in: 0...3600))
        }
    }

    struct Client: Sendable {
        var tenant: String
        var id: String
        var secret: String
    }

    /// Empty: any.
    var subscriptions: [String]
    var defaultSubscription: String
    /// Each with its zones.
    var locations: [String: [String]]
    /// Groups that are there from the beginning, each with its location.
    var resourceGroups: [(name: String, location: String)]
    var machines: [Machine]
    /// Data disks by machine size.
    var attachLimits: [String: Int64]
    var defaultAttachLimit: Int64
    var diskTypes: [DiskType]
    var defaultDiskType: String
    var typeChangesPerDay: Int64
    var shrinkCode: String
    var pageSize: Int
    var retryAfterSeconds: Int
    var quotas: Quotas
    var durations: Durations
    var rateLimits: RateLimitSettings

    /// Empty: tokens are not verified.
    var clients: [Client]
    var tokenSeconds: Int64

    /// - Throws: ``SettingsError``
    init(_ settings: SettingsReader) throws(SettingsError) {
        subscriptions = try settings.strings(ifSet: "subscriptions") ?? []
        defaultSubscription = subscriptions.first ?? "00000000-0000-0000-0000-000000000000"
        var places: [String: [String]] = [:]
        for place in try settings.tables("locations") { places[place.name] = try place.strings("zones") }
        locations = places
        func location(_ part: SettingsReader) throws(SettingsError) -> String {
            let location = try part.string("location")
            guard places[location] != nil else {
                throw part.error("location", "'\(location)' is not one of azure.locations")
            }
            return location
        }
        resourceGroups = []
        for group in try settings.list("resourceGroups") {
            resourceGroups.append((try group.string("name"), try location(group)))
        }
        machines = []
        for machine in try settings.list("virtualMachines") {
            // Without a name, a machine has the one by which Kubernetes would know this one.
            let name = try machine.string(ifSet: "name") ?? ProcessInfo.processInfo.hostName
            let scaleSet = try machine.string(ifSet: "scaleSet")
            machines.append(
                Machine(
                    name: ResourceName(
                        scaleSet == nil ? .machine : .scaleSetMachine, subscription: defaultSubscription,
                        group: try machine.string("resourceGroup"), parent: scaleSet, name: name),
                    location: try location(machine), zone: try machine.string(ifSet: "zone"),
                    size: try machine.string("size"), isLocal: try machine.bool(ifSet: "local") ?? false,
                    takesUltraDisks: try machine.bool(ifSet: "ultraDisks") ?? false))
        }
        attachLimits = [:]
        let limits = try settings.table("attachLimits")
        for size in limits.keys { attachLimits[size] = try limits.integer(size, in: 0...64) }
        defaultAttachLimit = try settings.integer("defaultAttachLimit", in: 0...64)
        diskTypes = []
        for type in try settings.tables("diskTypes") { diskTypes.append(try DiskType(type)) }
        defaultDiskType = try settings.string("defaultDiskType")
        typeChangesPerDay = try settings.integer("typeChangesPerDay")
        shrinkCode = try settings.string("shrinkCode")
        pageSize = Int(try settings.integer("pageSize", in: 1...10_000))
        retryAfterSeconds = Int(try settings.integer("retryAfterSeconds", in: 0...3600))
        tokenSeconds = try settings.integer("tokenSeconds", in: 1...1_000_000)
        quotas = try Quotas(try settings.table("quotas"))
        durations = try Durations(try settings.table("milliseconds"))
        rateLimits = try RateLimitSettings(try settings.table("rateLimits"))
        clients = []
        for client in try settings.list("clients") {
            clients.append(
                Client(
                    tenant: try client.string("tenantID"), id: try client.string("clientID"),
                    secret: try client.string("clientSecret")))
        }
        guard diskType(defaultDiskType) != nil else {
            throw settings.error("defaultDiskType", "'\(defaultDiskType)' is not one of azure.diskTypes")
        }
    }

    func diskType(_ name: String) -> DiskType? { diskTypes.first { $0.name == name } }

    func attachLimit(size: String) -> Int64 { attachLimits[size] ?? defaultAttachLimit }

    func hasSubscription(_ subscription: String) -> Bool {
        subscriptions.isEmpty || subscriptions.contains { $0.lowercased() == subscription.lowercased() }
    }

    /// `East US` and `eastus` are one place.
    static func normalized(location: String) -> String { location.lowercased().filter { $0 != " " } }
}
