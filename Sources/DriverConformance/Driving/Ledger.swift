import DriverProtocol
import Synchronization

/// What the driver was asked to make and may have made, so that it can be undone, whatever happened to the call.
final class Ledger: Sendable {
    enum Debt: Sendable {
        case mount(target: String, request: DriverRequest)
        case device(stagingTarget: String, request: DriverRequest)
        case attachment(request: DriverRequest)
        case snapshot(request: DriverRequest)
        case volume(request: DriverRequest)

        /// What is undone later stands on what is undone sooner.
        var order: Int {
            switch self {
            case .mount: 0
            case .device: 1
            case .attachment: 2
            case .snapshot: 3
            case .volume: 4
            }
        }
    }

    private let debts = Mutex<[String: Debt]>([:])

    /// Before the call: it may do its work and never answer.
    func willSend(_ request: DriverRequest) {
        debts.withLock { debts in
            switch request.verb {
            case .provision:
                guard let volume = request.volume else { return }
                let key = "volume \(request.owner ?? "") \(volume.name)"
                if debts[key] == nil { debts[key] = .volume(request: request) }
            case .createSnapshot:
                guard let snapshot = request.snapshot else { return }
                let key = "snapshot \(snapshot.name)"
                if debts[key] == nil { debts[key] = .snapshot(request: request) }
            case .attach: debts["attach \(request.volume?.name ?? "")"] = .attachment(request: request)
            case .mountDevice:
                if let target = request.stagingTarget {
                    debts["device \(target)"] = .device(stagingTarget: target, request: request)
                }
            case .mount:
                if let target = request.target { debts["mount \(target)"] = .mount(target: target, request: request) }
            default: break
            }
        }
    }

    func didReceive(_ exchange: Exchange, to request: DriverRequest) {
        debts.withLock { debts in
            let volumeKey = "volume \(request.owner ?? "") \(request.volume?.name ?? "")"
            switch request.verb {
            case .provision where exchange.succeeded:
                guard let made = exchange.reply?.volume, case .volume(var owed)? = debts[volumeKey] else { return }
                owed.volume?.id = made.id
                owed.volume?.context = made.context
                debts[volumeKey] = .volume(request: owed)
            case .validate where exchange.succeeded && debts[volumeKey] == nil:
                // It should have made nothing.
                debts[volumeKey] = .volume(request: request)
            case .provision where exchange.code == .invalidArgument || exchange.code == .outOfRange:
                // Turned down: there is nothing, unless there was before.
                if case .volume(let owed)? = debts[volumeKey], owed.callID == request.callID { debts[volumeKey] = nil }
            case .createSnapshot where exchange.succeeded:
                let key = "snapshot \(request.snapshot?.name ?? "")"
                guard let made = exchange.reply?.snapshot, case .snapshot(var owed)? = debts[key] else { return }
                owed.snapshot?.id = made.id
                owed.snapshot?.context = made.context
                debts[key] = .snapshot(request: owed)
            case .delete where exchange.succeeded: debts[volumeKey] = nil
            case .deleteSnapshot where exchange.succeeded: debts["snapshot \(request.snapshot?.name ?? "")"] = nil
            case .detach where exchange.succeeded: debts["attach \(request.volume?.name ?? "")"] = nil
            case .unmountDevice where exchange.succeeded: debts["device \(request.stagingTarget ?? "")"] = nil
            case .unmount where exchange.succeeded: debts["mount \(request.target ?? "")"] = nil
            default: break
            }
        }
    }

    /// Everything that is owed, in the order in which it must be undone.
    func settle() -> [Debt] {
        debts.withLock { debts in
            defer { debts = [:] }
            return debts.sorted { ($0.value.order, $0.key) < ($1.value.order, $1.key) }.map(\.value)
        }
    }
}
