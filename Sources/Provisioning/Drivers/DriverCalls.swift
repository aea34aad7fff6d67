import DriverHost
import DriverProtocol
import KubernetesAPI
import Synchronization

/// Calls drivers for the reconcilers: finds who serves a provisioner, bounds how many wait for it, reads the secrets,
/// and turns whatever comes back into a ``DriverAnswer``.
final class DriverCalls: Sendable {
    let directory: DriverDirectory
    private let host: DriverHost
    private let client: any ResourceClient
    private let queue: WorkQueue
    private let lanes: Mutex<ProvisionerLanes>

    init(host: DriverHost, client: any ResourceClient, queue: WorkQueue, laneWidth: Int) {
        self.host = host
        directory = DriverDirectory(host: host)
        self.client = client
        self.queue = queue
        lanes = Mutex(ProvisionerLanes(width: laneWidth))
    }

    /// What a claim's owner is told when nobody serves its class.
    func nobodyServes(_ provisioner: String) -> String {
        DriverStanding.nobodyServes(provisioner, others: directory.provisioners)
    }

    /// Runs `body` when `item` may come to the driver now.
    ///
    /// - Returns: `nil` when it has to stand in line; it is taken up again by itself.
    func withPlace<Value>(
        at provisioner: String, for item: WorkItem, _ body: () async throws -> Value
    ) async rethrows -> Value? {
        guard lanes.withLock({ $0.enter(provisioner, item) }) else { return nil }
        defer {
            if let next = lanes.withLock({ $0.leave(provisioner, item) }) { queue.add(next) }
        }
        return try await body()
    }

    /// The work on an item is over for now. To be told of each, so that nobody waits for one that did not come.
    func finish(_ item: WorkItem) {
        if let next = lanes.withLock({ $0.finish(item) }) { queue.add(next) }
    }

    /// - Throws: What the API throws, apart from `NotFound`.
    func secrets(_ reference: SecretReference) async throws -> SecretLookup {
        try await SecretLookup(reference, client)
    }

    /// A call about a volume that there is, with everything that the driver needs for it, whatever has become of class
    /// and claim.
    ///
    /// - Throws: What the API throws when the secret cannot be read.
    func call(_ verb: Verb, about volume: PersistentVolume) async throws -> DriverCall {
        var secrets: [String: String] = [:]
        // A secret that is gone does not hold the volume: most backends do not need it, and the others say so.
        if let reference = volume.deletionSecret, case .found(let found) = try await self.secrets(reference) {
            secrets = found
        }
        let claim = volume.claimRef.map {
            ClaimReference(namespace: $0.namespace ?? "", name: $0.name, uid: $0.uid)
        }
        let parameters = volume.classParameters.filter { !$0.key.hasPrefix(ClassParameters.reservedPrefix) }
        return DriverCall(verb, volume: volume.volumeRequest, parameters: parameters, secrets: secrets, claim: claim)
    }

    /// The caller's place in the line of work is free for others meanwhile.
    func call(_ driver: String, _ call: DriverCall) async -> DriverAnswer {
        await queue.whileSuspended {
            do throws(DriverCallError) {
                let reply = try await host.call(driver: driver, call)
                return reply.status == .pending ? .pending(reply.progress) : .success(reply)
            } catch {
                return DriverAnswer(error)
            }
        }
    }
}

extension DriverAnswer {
    init(_ error: DriverCallError) {
        if error.reason == .notSupported {
            self = .notSupported(error.message, callID: error.callID)
        } else if let driverError = error.driverError {
            self = .failed(driverError, callID: error.callID)
        } else if error.reachedDriver {
            self = .lost(error.message, callID: error.callID)
        } else {
            self = .unreachable(error.message, retryAfter: error.retryAfter)
        }
    }
}
