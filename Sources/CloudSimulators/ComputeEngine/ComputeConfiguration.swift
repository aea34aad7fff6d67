import Foundation
import JSONTree

/// The section `gce` of the configuration: what there is in the simulated Compute Engine, and what it allows.
///
/// `Configuration/gce.yaml` says what each setting means.
struct ComputeConfiguration: Decodable {
    struct Instance: Decodable {
        /// Empty where `local`: this machine's name.
        var name: String?
        var zone: String
        var machineType: String
        var local: Bool?
    }

    struct Performance: Decodable {
        var minimum: Int64
        var maximum: Int64
        /// Absent: it must be given.
        var standard: Int64?
        var minimumPerGib: Double?
        var maximumPerGib: Double?
        /// For throughput: at most so many MiB/s per provisioned operation a second.
        var maximumPerIops: Double?
    }

    struct DiskType: Decodable {
        var description: String
        var minimumGb: Int64
        var maximumGb: Int64
        var standardGb: Int64
        /// Whether there are regional disks of the type, and the least size of one.
        var regionalMinimumGb: Int64?
        var isZonal: Bool?
        var iops: Performance?
        var throughput: Performance?
        /// The least time between changes of a disk's size or performance; absent: none.
        var changeIntervalSeconds: Int64?
        var accessModes: [String]?
        /// The quota that the disk's size counts towards.
        var quota: String
    }

    struct Durations: Decodable {
        var pending: Int64
        var createDisk: Int64
        var deleteDisk: Int64
        var resizeDisk: Int64
        var updateDisk: Int64
        var setLabels: Int64
        var attachDisk: Int64
        var detachDisk: Int64
        var createSnapshot: Int64
        var uploadSnapshot: Int64
        var deleteSnapshot: Int64
    }

    struct Credentials: Decodable {
        struct ServiceAccount: Decodable {
            var email: String
            /// PEM, public keys, by their ids.
            var keys: [String: String]
        }
        var serviceAccounts: [ServiceAccount]
        var tokenLifetimeSeconds: Int64
        var metadataEmail: String
    }

    struct Throttling: Decodable {
        var status: Int
        var reason: String
        var retryAfterSeconds: Int64?
    }

    var project: String
    var projects: [String]
    var regions: [String: [String]]
    var exhaustedZones: [String]
    var zonesDown: [String]
    var instances: [Instance]
    var attachLimit: [String: Int]
    var diskTypes: [String: DiskType]
    var quotas: [String: Double]
    var milliseconds: Durations
    var waitLimitSeconds: Int64
    var requestIdHours: Int64
    var operationsKept: Int
    var credentials: Credentials
    var throttling: Throttling

    /// - Throws: ``SettingsError``, with the setting's path.
    init(_ settings: SettingsReader) throws {
        // Their keys are whatever the user calls things.
        for key in ["regions", "instances", "attachLimit", "diskTypes", "quotas", "credentials"] {
            _ = settings.raw(key)
        }
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(settings.value.encoded))
        } catch let error as DecodingError {
            throw SettingsError(Self.text(error))
        }
        let zones = Set(regions.values.joined())
        for instance in instances where !zones.contains(instance.zone) {
            throw SettingsError(
                "gce.instances: '\(instance.name ?? "")' is in the zone '\(instance.zone)', which no region of gce.regions "
                    + "has")
        }
        for index in instances.indices where instances[index].local == true && (instances[index].name ?? "").isEmpty {
            instances[index].name = Self.machineName
        }
    }

    /// The region of a zone; `nil`: there is no such zone.
    func region(of zone: String) -> String? {
        regions.first { $0.value.contains(zone) }?.key
    }

    var zones: [String] { regions.values.flatMap(\.self).sorted() }

    func instance(_ name: String, in zone: String) -> Instance? {
        instances.first { $0.name == name && $0.zone == zone }
    }

    /// How many disks an instance takes, the boot disk left out. The longest prefix of the machine's type decides.
    func attachLimit(of machineType: String) -> Int {
        let match = attachLimit.filter { machineType.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }
        return match?.value ?? attachLimit["default"] ?? 127
    }

    private static var machineName: String {
        ProcessInfo.processInfo.hostName.split(separator: ".").first.map { $0.lowercased() } ?? "localhost"
    }

    private static func text(_ error: DecodingError) -> String {
        let (context, what): (DecodingError.Context, String) =
            switch error {
            case .typeMismatch(let type, let context): (context, "a \(type) is expected")
            case .valueNotFound(let type, let context): (context, "a \(type) is expected, not null")
            case .keyNotFound(let key, let context): (context, "'\(key.stringValue)' is missing")
            case .dataCorrupted(let context): (context, context.debugDescription)
            @unknown default: (.init(codingPath: [], debugDescription: ""), "\(error)")
            }
        return (["gce"] + context.codingPath.map(\.stringValue)).joined(separator: ".") + ": \(what)"
    }
}
