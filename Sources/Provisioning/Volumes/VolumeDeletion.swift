import DriverProtocol

/// What an answer to `delete` means.
enum VolumeDeletion: Sendable, Hashable {
    struct Failure: Sendable, Hashable {
        var message: String
        var callID: String?
        var isSlow = false
        var retryAfter: Duration?
    }

    case deleted
    case pending(OperationProgress?)
    case failed(Failure)

    init(_ answer: DriverAnswer, driver: String) {
        switch answer {
        case .success: self = .deleted
        case .pending(let progress): self = .pending(progress)
        case .failed(let error, _) where error.code == .notFound && error.outcome == .final:
            // `delete` of what is gone should succeed; a driver that says it this way means the same.
            self = .deleted
        case .failed(let error, let callID):
            self = .failed(
                Failure(
                    message: "driver \(driver): \(error.code): \(error.message)", callID: callID,
                    isSlow: error.outcome == .final && [.invalidArgument, .unimplemented].contains(error.code),
                    retryAfter: error.retryAfter))
        case .notSupported(let message, let callID):
            self = .failed(Failure(message: message, callID: callID, isSlow: true))
        case .unreachable(let message, let retryAfter):
            self = .failed(Failure(message: message, retryAfter: retryAfter))
        case .lost(let message, let callID):
            self = .failed(Failure(message: message, callID: callID))
        }
    }
}
