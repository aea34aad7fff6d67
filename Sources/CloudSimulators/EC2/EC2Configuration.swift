import Foundation

/// The section `aws` of the configuration. What each setting means is said in `Configuration/aws.yaml`.
struct EC2Configuration: Sendable {
    struct Zone: Sendable {
        var name: String
        var id: String
    }

    struct AccessKey: Sendable {
        var id: String
        var secret: String
    }

    struct TemporaryCredentials: Sendable {
        var seconds: Int
        /// Empty: the instance has none.
        var instanceRole: String
        /// Empty: any.
        var webIdentityRoles: [String]
    }

    struct Instance: Sendable {
        var id: String
        var type: String
        var zone: String
        var privateDNSName: String
        var maximumVolumes: Int
        /// Whether it is this machine.
        var isLocal: Bool
    }

    /// All in milliseconds of the simulator's clock.
    struct TransientStates: Sendable {
        var creating: Int64
        var deleting: Int64
        var attaching: Int64
        var detaching: Int64
        var modifying: Int64
        var optimizing: Int64
        var snapshotPending: Int64
    }

    /// When a volume may be modified again.
    enum ModificationRule: String, Sendable, CaseIterable {
        case sixHours, fourPerDay
    }

    var region: String
    var accountID: String
    var zones: [Zone]
    /// Empty: signatures are not verified.
    var accessKeys: [AccessKey]
    var temporaryCredentials: TemporaryCredentials
    var instances: [Instance]
    var states: TransientStates
    var modificationRule: ModificationRule
    var clientTokenMilliseconds: Int64
    var multiAttachInstances: Int
    var maximumSnapshots: Int
    var defaultKMSKey: String
    var volumeTypes: [String: VolumeTypeLimits]

    init(_ settings: SettingsReader) throws(SettingsError) {
        region = try settings.string("region")
        accountID = try settings.string("accountId")
        zones = []
        for zone in try settings.list("zones") {
            zones.append(Zone(name: try zone.string("name"), id: try zone.string("id")))
        }
        guard !zones.isEmpty else { throw settings.error("zones", "names no zone: there must be one at least") }
        accessKeys = []
        for key in try settings.list("credentials") {
            accessKeys.append(
                AccessKey(id: try key.string("accessKeyId"), secret: try key.string("secretAccessKey")))
        }
        let temporary = try settings.table("temporaryCredentials")
        temporaryCredentials = TemporaryCredentials(
            seconds: Int(try temporary.duration("lifetime").components.seconds),
            instanceRole: try temporary.string("instanceRole"),
            webIdentityRoles: try temporary.strings("webIdentityRoles"))
        instances = []
        for item in try settings.list("instances") {
            let isLocal = try item.bool(ifSet: "local") ?? false
            let name = try item.string(ifSet: "privateDnsName")
            guard let name = name ?? (isLocal ? ProcessInfo.processInfo.hostName : nil) else {
                throw item.error("privateDnsName", "is missing: only the local instance is called as this machine is")
            }
            let instance = Instance(
                id: try item.string("id"), type: try item.string("type"), zone: try item.string("zone"),
                privateDNSName: name, maximumVolumes: Int(try item.integer("maximumVolumes", in: 0...256)),
                isLocal: isLocal)
            guard zones.contains(where: { $0.name == instance.zone }) else {
                throw item.error("zone", "\(instance.zone) is none of aws.zones")
            }
            instances.append(instance)
        }
        let states = try settings.table("states")
        func milliseconds(_ name: String) throws(SettingsError) -> Int64 { try states.duration(name).milliseconds }
        self.states = TransientStates(
            creating: try milliseconds("creating"), deleting: try milliseconds("deleting"),
            attaching: try milliseconds("attaching"), detaching: try milliseconds("detaching"),
            modifying: try milliseconds("modifying"), optimizing: try milliseconds("optimizing"),
            snapshotPending: try milliseconds("snapshotPending"))
        guard let rule = ModificationRule(rawValue: try settings.string("modificationRule")) else {
            let rules = ModificationRule.allCases.map(\.rawValue).joined(separator: " and ")
            throw settings.error("modificationRule", "there are the rules \(rules)")
        }
        modificationRule = rule
        clientTokenMilliseconds = try settings.duration("clientTokenLifetime").milliseconds
        multiAttachInstances = Int(try settings.integer("multiAttachInstances", in: 1...1000))
        maximumSnapshots = Int(try settings.integer("maximumSnapshots", in: 0...Int64(Int32.max)))
        defaultKMSKey = try settings.string("defaultKmsKey")
        volumeTypes = [:]
        for type in try settings.tables("volumeTypes") { volumeTypes[type.name] = try VolumeTypeLimits(type) }
    }
}
