import Synchronization

/// One cloud at work: its service, its faults, its counters.
final class SimulatedCloud: Sendable {
    let service: any CloudService
    let clock: SimulatorClock
    let counts = RequestCounts()
    private let plan = Mutex(FaultPlan())

    init(service: any CloudService, clock: SimulatorClock) {
        self.service = service
        self.clock = clock
    }

    var cloud: Cloud { type(of: service).cloud }

    var faults: [FaultPlan.Entry] { plan.withLock { $0.entries } }

    func faults(of operation: CloudOperation) -> FaultDecision { plan.withLock { $0.faults(of: operation) } }

    /// Adds the rules that concern this cloud.
    ///
    /// - Returns: Their names.
    func add(_ rules: [FaultRule]) throws(SettingsError) -> [String] {
        let rules = rules.filter { $0.cloud == nil || $0.cloud == cloud }
        return try plan.withLock { plan throws(SettingsError) in try plan.add(rules) }
    }

    /// What is stuck goes on.
    func clearFaults() async throws {
        plan.withLock { $0.removeAll() }
        try await service.faultsCleared()
    }

    /// - Returns: Whether there was one of this name. When it was the last that lets states stick, what is stuck goes on.
    func clearFault(_ name: String) async throws -> Bool {
        let (rule, isLastStuck) = plan.withLock { plan -> (FaultRule?, Bool) in
            let rule = plan.remove(name)
            return (rule, !plan.entries.contains { $0.rule.isStuck })
        }
        guard let rule else { return false }
        if rule.isStuck, isLastStuck { try await service.faultsCleared() }
        return true
    }
}

extension FaultRule {
    fileprivate var isStuck: Bool {
        if case .effect(let effects) = fault { effects.isStuck } else { false }
    }
}
