/// A regular expression compiled to steps, which are simulated along all paths at once (Thompson 1968, "Regular
/// Expression Search Algorithm"): each step looks at each character of the text at most once.
struct PatternProgram {
    private enum Step {
        case scalar(ScalarSet)
        case start, end
        /// Continues at the next step and at this one.
        case split(Int)
        case jump(Int)
        case match
    }

    private var steps: [Step] = []

    init(_ node: PatternNode) {
        steps.reserveCapacity(node.size + 1)
        emit(node)
        steps.append(.match)
    }

    private mutating func emit(_ node: PatternNode) {
        switch node {
        case .empty: break
        case .scalar(let set): steps.append(.scalar(set))
        case .start: steps.append(.start)
        case .end: steps.append(.end)
        case .sequence(let parts): for part in parts { emit(part) }
        case .choice(let parts):
            var jumps: [Int] = []
            for part in parts.dropLast() {
                let split = steps.count
                steps.append(.split(0))
                emit(part)
                jumps.append(steps.count)
                steps.append(.jump(0))
                steps[split] = .split(steps.count)
            }
            if let last = parts.last { emit(last) }
            for jump in jumps { steps[jump] = .jump(steps.count) }
        case .repetition(let node, let least, let most): emit(node, least: least, most: most)
        }
    }

    private mutating func emit(_ node: PatternNode, least: Int, most: Int?) {
        var last = steps.count
        for _ in 0..<least {
            last = steps.count
            emit(node)
        }
        guard let most else {
            if least > 0 { return steps.append(.split(last)) }
            let loop = steps.count
            steps.append(.split(0))
            emit(node)
            steps.append(.jump(loop))
            return steps[loop] = .split(steps.count)
        }
        var splits: [Int] = []
        for _ in least..<most {
            splits.append(steps.count)
            steps.append(.split(0))
            emit(node)
        }
        for split in splits { steps[split] = .split(steps.count) }
    }

    /// Whether any part of the text matches.
    func matches(_ scalars: [Unicode.Scalar]) -> Bool {
        var current = StepSet(capacity: steps.count)
        var next = StepSet(capacity: steps.count)
        for position in 0...scalars.count {
            // A match may begin anywhere.
            if reach(0, at: position, of: scalars.count, &current) { return true }
            guard position < scalars.count else { break }
            for step in current.members {
                if case .scalar(let set) = steps[step], set.contains(scalars[position]),
                    reach(step + 1, at: position + 1, of: scalars.count, &next)
                {
                    return true
                }
            }
            swap(&current, &next)
            next.removeAll()
        }
        return false
    }

    /// Adds a step and every step that can be reached from it without consuming a character.
    ///
    /// - Returns: Whether ``Step/match`` is among them.
    private func reach(_ first: Int, at position: Int, of count: Int, _ set: inout StepSet) -> Bool {
        set.pending.append(first)
        while let step = set.pending.popLast() {
            guard set.insert(step) else { continue }
            switch steps[step] {
            case .scalar: break
            case .start: if position == 0 { set.pending.append(step + 1) }
            case .end: if position == count { set.pending.append(step + 1) }
            case .split(let other):
                set.pending.append(other)
                set.pending.append(step + 1)
            case .jump(let other): set.pending.append(other)
            case .match: return true
            }
        }
        return false
    }

    /// The steps that read the next character, each once.
    private struct StepSet {
        private(set) var members: [Int] = []
        private var isMember: [Bool]
        /// Steps still to be followed.
        var pending: [Int] = []

        init(capacity: Int) { isMember = Array(repeating: false, count: capacity) }

        mutating func insert(_ step: Int) -> Bool {
            guard !isMember[step] else { return false }
            isMember[step] = true
            members.append(step)
            return true
        }

        mutating func removeAll() {
            for step in members { isMember[step] = false }
            members.removeAll(keepingCapacity: true)
        }
    }
}
