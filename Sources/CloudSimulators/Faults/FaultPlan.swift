import JSONTree

/// The fault rules of one cloud, and the dice: which faults each request meets. Pure: the server carries them out.
///
/// The rules are asked in their order. Latencies add up and effects join; of the faults that decide the outcome (an
/// answer of the cloud's, a fault of the connection) the first one ends the asking, so that those behind it use up
/// neither dice nor count. Each rule has dice of its own: the n-th request that it fits meets the same in every run.
struct FaultPlan: Sendable {
    /// A rule at work.
    struct Entry: Sendable {
        var name: String
        var rule: FaultRule
        /// How many requests it fitted, and how many of them it struck.
        var fitted = 0
        var struck = 0
        fileprivate var dice: SplitMix64
    }

    private(set) var entries: [Entry] = []
    private var nextNumber = 1

    /// Adds rules at the end.
    ///
    /// - Returns: Their names: their own, or `fault-1`, `fault-2`, …
    /// - Throws: ``SettingsError`` when a name is taken; then none is added.
    mutating func add(_ rules: [FaultRule]) throws(SettingsError) -> [String] {
        var plan = self
        var names: [String] = []
        for rule in rules {
            if let name = rule.name, plan.entries.contains(where: { $0.name == name }) {
                throw SettingsError("there is a fault \"\(name)\" already: clear it first, or name this one otherwise")
            }
            var name = rule.name
            while name == nil {
                let candidate = "fault-\(plan.nextNumber)"
                plan.nextNumber += 1
                if !plan.entries.contains(where: { $0.name == candidate }) { name = candidate }
            }
            let given = name ?? ""
            plan.entries.append(
                Entry(
                    name: given, rule: rule,
                    dice: SplitMix64(seed: rule.seed &+ UInt64(plan.entries.count) &* 0x9E37_79B9_7F4A_7C15)))
            names.append(given)
        }
        self = plan
        return names
    }

    /// - Returns: The rule that was removed; `nil` when there is none of this name.
    mutating func remove(_ name: String) -> FaultRule? {
        guard let position = entries.firstIndex(where: { $0.name == name }) else { return nil }
        return entries.remove(at: position).rule
    }

    mutating func removeAll() {
        entries.removeAll()
    }

    /// What happens to the next request.
    mutating func faults(of operation: CloudOperation) -> FaultDecision {
        var decision = FaultDecision()
        for position in entries.indices where entries[position].strikes(operation) {
            let entry = entries[position]
            decision.names.append(entry.name)
            switch entry.rule.fault {
            case .latency(let delay): decision.latency += delay
            case .effect(let effects):
                if let invisibleFor = effects.invisibleFor {
                    decision.effects.invisibleFor = max(decision.effects.invisibleFor ?? .zero, invisibleFor)
                }
                decision.effects.isStuck = decision.effects.isStuck || effects.isStuck
            case .answer(let answer):
                decision.outcome = .answer(answer)
                return decision
            case .wire(let fault):
                decision.outcome = .wire(fault)
                return decision
            }
        }
        return decision
    }
}

/// What the rules say to one request.
struct FaultDecision: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case answer(FaultAnswer)
        case wire(WireFault)
    }

    var latency = Duration.zero
    var effects = FaultEffects()
    /// `nil`: the request is carried out and answered.
    var outcome: Outcome?
    /// The rules that struck.
    var names: [String] = []
}

extension FaultPlan.Entry {
    fileprivate mutating func strikes(_ operation: CloudOperation) -> Bool {
        guard rule.fits(operation), struck < rule.count ?? Int.max else { return false }
        fitted += 1
        guard rule.rate >= 1 || Double.random(in: 0..<1, using: &dice) < rule.rate else { return false }
        struck += 1
        return true
    }

    var json: JSONValue {
        var json = rule.json
        json["name"] = .string(name)
        json["fitted"] = .integer(Int64(fitted))
        json["struck"] = .integer(Int64(struck))
        return json
    }
}

/// A small generator with a seed (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
