import DriverProtocol

/// What an answer to `provision` means for the claim.
enum ProvisionVerdict: Sendable, Hashable {
    /// - `capacityBytes`: what the volume really has.
    case made(ProvisionedVolume, capacityBytes: Int64)
    /// A volume was made that is not what was asked for: it goes, and the call is made again.
    case unfit(ProvisionedVolume, why: String)
    case pending(OperationProgress?)
    case failed(ProvisioningFailure)

    init(_ answer: DriverAnswer, to intent: ProvisioningIntent, driver: String) {
        switch answer {
        case .success(let reply):
            guard let volume = reply.volume, volume.volumeSource != nil else {
                let why = "driver \(driver) answered Success without volume.volumeSource"
                self = .failed(ProvisioningFailure(.background, why, callID: reply.callID))
                return
            }
            self = Self.judge(volume, intent: intent, driver: driver)
        case .pending(let progress): self = .pending(progress)
        case .failed(let error, let callID):
            self = .failed(ProvisioningFailure(error, intent: intent, driver: driver, callID: callID))
        case .notSupported(let message, let callID):
            self = .failed(ProvisioningFailure(.finished, message, isSlow: true, callID: callID))
        case .unreachable(let message, let retryAfter):
            self = .failed(ProvisioningFailure(.noChange, message, retryAfter: retryAfter))
        case .lost(let message, let callID):
            self = .failed(ProvisioningFailure(.background, message, callID: callID))
        }
    }

    private static func judge(
        _ volume: ProvisionedVolume, intent: ProvisioningIntent, driver: String
    ) -> ProvisionVerdict {
        // Absent and 0 both mean: as asked for (CSI's CreateVolumeResponse says so of 0).
        let capacity = volume.capacityBytes.flatMap { $0 == 0 ? nil : $0 } ?? intent.requestBytes
        if capacity < intent.requestBytes {
            return .unfit(
                volume,
                why: "driver \(driver) made a volume of \(capacity) bytes, \(intent.requestBytes) were asked for")
        }
        if let limit = intent.limitBytes, capacity > limit {
            return .unfit(
                volume, why: "driver \(driver) made a volume of \(capacity) bytes, at most \(limit) were asked for")
        }
        return .made(volume, capacityBytes: capacity)
    }
}
