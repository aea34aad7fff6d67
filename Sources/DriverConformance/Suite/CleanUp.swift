import DriverProtocol

/// Undoes what a case has left, by the driver's own verbs; also after the run was given up.
struct CleanUp {
    private let driver: DriverUnderTest

    init(_ driver: DriverUnderTest) { self.driver = driver }

    /// - Returns: What could not be undone, in sentences.
    func settle() async -> [String] {
        var leftovers: [String] = []
        for debt in driver.ledger.settle() {
            let request = request(for: debt)
            do {
                let exchange = try await driver.call(request, isCancellable: false)
                let isUndone = exchange.succeeded || exchange.reply?.status == .notSupported
                if !isUndone, !isForeign(exchange) {
                    leftovers.append("\(exchange.subject) failed after the case: \(exchange.answer)")
                }
            } catch {
                leftovers.append("\(request.verb) could not be called after the case: \(error)")
            }
        }
        return leftovers
    }

    /// What was never made, or belongs to another owner: the case asked for it in vain.
    private func isForeign(_ exchange: Exchange) -> Bool {
        guard let code = exchange.code else { return false }
        return exchange.verb == .delete && code == .failedPrecondition || [.notFound, .invalidArgument].contains(code)
    }

    private func request(for debt: Ledger.Debt) -> DriverRequest {
        switch debt {
        case .mount(let target, let original):
            var request = again(.unmount, original)
            request.target = target
            return request
        case .device(let target, let original):
            var request = again(.unmountDevice, original)
            request.stagingTarget = target
            return request
        case .attachment(let original):
            var request = again(.detach, original)
            request.node = original.node
            return request
        case .snapshot(let original):
            var request = again(.deleteSnapshot, original)
            request.volume = nil
            request.snapshot = original.snapshot
            return request
        case .volume(let original): return again(.delete, original)
        }
    }

    private func again(_ verb: Verb, _ original: DriverRequest) -> DriverRequest {
        var request = driver.request(verb, volume: original.volume, owner: original.owner)
        request.parameters = original.parameters
        request.volume?.limitBytes = nil
        request.volume?.contentSource = nil
        return request
    }
}
