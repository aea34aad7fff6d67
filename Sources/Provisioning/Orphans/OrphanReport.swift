public import DriverHost
import DriverProtocol
public import JSONTree
public import KubernetesAPI
public import Logging

/// Volumes that may exist at a driver although no object refers to them: intents whose claim is gone or that cannot be
/// settled, and volumes with the host's mark that match neither a PersistentVolume nor an intent.
public struct OrphanReport: Sendable {
    /// How long a driver may take for one page of its list.
    private static let listTimeout = Duration.seconds(20)
    /// More than any driver has; a list that does not end is given up.
    private static let maximumPages = 10_000
    private static let pageSize = 1000

    private let client: any ResourceClient
    private let host: DriverHost
    private let logger: Logger

    public init(client: any ResourceClient, host: DriverHost, logger: Logger) {
        self.client = client
        self.host = host
        self.logger = logger
    }

    /// - Returns: `orphans`, an array of objects with `volume`, `found` (`intent`, `claim` or `volume`), `reason`, and,
    ///   where they are known, `driver`, `claim` (`namespace`, `name`, `uid`), `since` (RFC 3339), `volumeID` and
    ///   `capacityBytes`; `unasked`, an array of objects with `driver` and `reason`: drivers whose volumes are not
    ///   known.
    public func json() async throws -> JSONValue {
        // Known is what was known before or after the drivers were asked: what comes or goes meanwhile is not an
        // orphan.
        let before = try await known()
        let (listed, unasked) = try await listAll()
        let after = try await known()
        var orphans = try await intents(after) + claims(after)
        for volume in listed.sorted(by: { $0.name < $1.name })
        where !before.knows(volume) && !after.knows(volume) { orphans.append(volume.json) }
        return ["orphans": .array(orphans), "unasked": .array(unasked)]
    }

    /// Gives up an intent, or the finalizer of an older Berth's claim. The caller vouches that the volume does not
    /// exist, or deletes it by hand.
    ///
    /// - Returns: The orphan's entry in ``json()``.
    /// - Throws: ``StatusError``: `NotFound` for anything that is not an orphan; a call in progress is not given up.
    public func forget(_ volume: String) async throws -> JSONValue {
        let known = try await known()
        let orphans = try await intents(known) + claims(known)
        guard let orphan = orphans.first(where: { $0["volume"]?.stringValue == volume }) else {
            throw StatusError(
                code: 404, reason: .notFound,
                message:
                    "no orphaned intent or claim has the volume name \"\(volume)\"; see `berth orphans`. An orphan found as "
                    + "volume exists and leaves the list once it is deleted, for example with its backend's own tools")
        }
        let removal = IntentChange.remove(volume: volume)
        let claim = known.claims.values.first { ProvisioningIntent.volumeName(claimUID: $0.uid) == volume }
        if var claim {
            claim.dropIntent()
            _ = try await client.update(
                .persistentVolumeClaim, claim.json, WriteOptions(isHost: true, intent: removal))
        } else {
            try await client.change(removal)
        }
        logger.notice(
            "an orphan was given up by hand; if its volume exists, nothing refers to it any more",
            metadata: ["volume": "\(volume)", "driver": "\(orphan["driver"]?.stringValue ?? "")"])
        return orphan
    }

    // MARK: what the objects say

    struct Known {
        var intents: [String: StoredIntent] = [:]
        var claims: [String: PersistentVolumeClaim] = [:]
        var volumes: [String: PersistentVolume] = [:]
        /// By provisioner: an id is a driver's own, and another's may be the same.
        var volumeIDs: [String: Set<String>] = [:]

        func knows(_ volume: Listed) -> Bool {
            volumes[volume.name] != nil || intents[volume.name] != nil
                || volume.provisioners.contains { volumeIDs[$0]?.contains(volume.id) == true }
        }
    }

    private func known() async throws -> Known {
        var known = Known()
        for intent in try await client.intents() { known.intents[intent.volume] = intent }
        for object in try await client.list(.persistentVolume, ListOptions()).items {
            let volume = PersistentVolume(object)
            known.volumes[volume.name] = volume
            if let id = volume.volumeID, let provisioner = volume.provisioner {
                known.volumeIDs[provisioner, default: []].insert(id)
            }
        }
        // Most claims are bound, and need not be parsed.
        for object in try await client.list(.persistentVolumeClaim, ListOptions()).items
        where known.volumes[ProvisioningIntent.volumeName(claimUID: object.uid)]?.isHostMade != true {
            known.claims[object.uid] = PersistentVolumeClaim(object)
        }
        return known
    }

    private func intents(_ known: Known) async -> [JSONValue] {
        var orphans: [JSONValue] = []
        for intent in known.intents.values.sorted(by: { $0.volume < $1.volume }) {
            var entry: JSONValue = ["volume": .string(intent.volume), "found": "intent"]
            guard let record = RecordedIntent(intent) else {
                // The claim makes it again, from its class.
                if known.claims.keys.contains(where: { ProvisioningIntent.volumeName(claimUID: $0) == intent.volume }) {
                    continue
                }
                entry["reason"] = "its record is damaged and names no driver: look for a volume of this name"
                orphans.append(entry)
                continue
            }
            let isDriverGone = host.describe(record.driver.name) == nil
            if known.claims[record.claimUID] != nil, !isDriverGone { continue }
            entry["driver"] = .string(record.driver.name)
            entry["claim"] = [
                "namespace": .string(record.claim.namespace ?? ""), "name": .string(record.claim.name),
                "uid": .string(record.claimUID),
            ]
            entry["since"] = record.recordedAt.json
            let fate = AbandonedIntent(record, known.volumes[intent.volume]) { name in
                host.describe(name).map { driver in
                    DriverDirectory.Driver(name: name, generation: 0, config: [:], problem: driver.state.reason)
                }
            }.fate
            switch fate {
            case .superfluous: continue
            case .blocked(let why): entry["reason"] = .string(why)
            case .delete: entry["reason"] = .string(await lastFailure(of: intent.volume))
            }
            orphans.append(entry)
        }
        return orphans
    }

    private func lastFailure(of volume: String) async -> String {
        var filter = CallRecordFilter()
        filter.subject = volume
        let error = await host.callRecordsWithEarlier(filter).last?.error
        return "the claim is gone; the volume is being deleted by its name"
            + (error.map { ". Last: \($0.message)" } ?? "")
    }

    /// Claims that an older Berth held, without a record.
    private func claims(_ known: Known) async throws -> [JSONValue] {
        let classes = Set(try await client.list(.storageClass, ListOptions()).items.map(\.key.name))
        return known.claims.values.sorted { "\($0.key)" < "\($1.key)" }.compactMap { claim in
            let volume = ProvisioningIntent.volumeName(claimUID: claim.uid)
            guard claim.metadata.hasFinalizer(BerthFinalizer.provisioning), known.intents[volume] == nil,
                let className = claim.effectiveClassName, !classes.contains(className)
            else { return nil }
            return [
                "volume": .string(volume), "found": "claim",
                "claim": [
                    "namespace": .string(claim.namespace ?? ""), "name": .string(claim.name), "uid": .string(claim.uid),
                ],
                "reason": .string(
                    "an older Berth called a driver for it, and class \"\(className)\" is gone: create the class again"
                ),
            ]
        }
    }

    // MARK: what the drivers say

    struct Listed: Sendable {
        var name: String
        var id: String
        var driver: String
        var provisioners: [String]
        var capacityBytes: Int64?

        var json: JSONValue {
            var json: JSONValue = [
                "volume": .string(name), "found": "volume", "driver": .string(driver), "volumeID": .string(id),
                "reason": "marked as this host's, but no PersistentVolume or intent refers to it",
            ]
            if let capacityBytes { json["capacityBytes"] = .integer(capacityBytes) }
            return json
        }
    }

    private func listAll() async throws -> ([Listed], [JSONValue]) {
        let drivers = host.descriptions()
        return try await withThrowingTaskGroup(of: (String, [Listed], String?).self) { group in
            for driver in drivers {
                group.addTask {
                    let (volumes, problem) = try await list(driver)
                    return (driver.name, volumes, problem)
                }
            }
            var listed: [Listed] = []
            var problems: [String: String] = [:]
            for try await (name, volumes, problem) in group {
                listed += volumes
                problems[name] = problem
            }
            let unasked = drivers.compactMap { driver -> JSONValue? in
                problems[driver.name].map { ["driver": .string(driver.name), "reason": .string($0)] }
            }
            return (listed, unasked)
        }
    }

    /// - Returns: The driver's volumes, and why there may be more.
    private func list(_ driver: DriverDescription) async throws -> ([Listed], String?) {
        guard let info = driver.info, driver.state == .ready else {
            return ([], driver.state.reason ?? "it is starting")
        }
        guard info.supports(.list) else { return ([], info.supports(.provision) ? "it offers no list" : nil) }
        var listed: [Listed] = []
        var token: String?
        for _ in 0..<Self.maximumPages {
            try Task.checkCancellation()
            var call = DriverCall(.list, timeout: Self.listTimeout)
            call.paging = Paging(startingToken: token, maxEntries: Self.pageSize)
            let reply: DriverReply
            do throws(DriverCallError) {
                reply = try await host.call(driver: driver.name, call)
            } catch {
                return (listed, error.message)
            }
            listed += (reply.volumes ?? []).compactMap { volume in
                volume.name.map {
                    Listed(
                        name: $0, id: volume.id, driver: driver.name, provisioners: driver.provisioners,
                        capacityBytes: volume.capacityBytes)
                }
            }
            token = reply.nextToken
            if token == nil { return (listed, nil) }
        }
        return (listed, "its list did not end after \(Self.maximumPages) pages")
    }
}
