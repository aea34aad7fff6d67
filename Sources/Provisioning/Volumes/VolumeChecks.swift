import DriverProtocol
import KubernetesAPI
import Logging

/// Asks drivers now and then how those volumes fare that they want looked after (``WellKnownContext/check``), and tells
/// the claims: reasons and texts are those of Kubernetes' external-health-monitor.
struct VolumeChecks: Sendable {
    let cache: ObjectCache
    let drivers: DriverCalls
    let recorder: EventRecorder
    let interval: Duration
    let logger: Logger

    /// Looks after them until the task is cancelled: one after the other, so that a driver's other calls go first.
    func run() async {
        var conditions = VolumeConditions()
        while true {
            do {
                try await Task.sleep(for: interval)
            } catch {
                return
            }
            let names = cache.checkedVolumes()
            conditions.keep(names)
            for name in names {
                guard !Task.isCancelled else { return }
                guard let volume = cache.volume(name), volume.phase == .bound, let claim = volume.claimRef,
                    let provisioner = volume.provisioner, let driver = drivers.directory.driver(serving: provisioner)
                else { continue }
                if let stats = await stats(of: volume, from: driver.name), let notice = conditions.notice(name, stats) {
                    recorder.record(notice, about: claim)
                }
            }
        }
    }

    /// - Returns: `nil` when the driver does not say.
    private func stats(of volume: PersistentVolume, from driver: String) async -> VolumeStats? {
        do {
            switch await drivers.call(driver, try await drivers.call(.stats, about: volume)) {
            case .success(let reply): return reply.stats
            case .pending, .notSupported: return nil
            case .failed(let error, let callID): note(volume, "\(error)", callID)
            case .unreachable(let message, _): note(volume, message, nil)
            case .lost(let message, let callID): note(volume, message, callID)
            }
        } catch {
            note(volume, "its secret cannot be read: \(error)", nil)
        }
        return nil
    }

    /// How a volume fares is not known then; it is asked again at the next round.
    private func note(_ volume: PersistentVolume, _ message: String, _ callID: String?) {
        logger.debug(
            "A volume's condition is not known",
            metadata: ["volume": "\(volume.name)", "error": "\(message)", "call": "\(callID ?? "")"])
    }
}

/// Which volumes were found abnormal, and what is to be said of it. Pure.
struct VolumeConditions: Sendable {
    /// Looks after which a volume that stays abnormal is told of again: events are kept for an hour.
    private static let repetition = 30

    /// How many looks ago the claim was told.
    private var abnormal: [String: Int] = [:]

    /// Forgets volumes that are no longer looked after.
    mutating func keep(_ names: [String]) {
        let names = Set(names)
        abnormal = abnormal.filter { names.contains($0.key) }
    }

    /// - Returns: `nil` when there is nothing new to say.
    mutating func notice(_ volume: String, _ stats: VolumeStats) -> Notice? {
        guard stats.abnormal else {
            guard abnormal.removeValue(forKey: volume) != nil else { return nil }
            return Notice(.normal, "VolumeConditionNormal", "The Volume returns to the healthy state")
        }
        let looks = abnormal[volume, default: Self.repetition] + 1
        guard looks > Self.repetition else {
            abnormal[volume] = looks
            return nil
        }
        abnormal[volume] = 0
        let message = stats.message ?? "the driver says that something is wrong with it"
        // What it holds is another number each time.
        return Notice(
            .warning, "VolumeConditionAbnormal", "volume \(volume): \(message)",
            sameness: "volume \(volume) is abnormal")
    }
}
