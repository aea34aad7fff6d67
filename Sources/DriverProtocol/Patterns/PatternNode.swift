/// A regular expression as a tree. Whatever needs no steps is `empty`, so that every other node has a size of at least 1.
indirect enum PatternNode: Sendable {
    case empty
    case scalar(ScalarSet)
    /// `^` and `$`: the beginning and the end of the whole text.
    case start, end
    case sequence([PatternNode])
    case choice([PatternNode])
    /// Unbounded if `most` is `nil`.
    case repetition(PatternNode, least: Int, most: Int?)

    /// A sequence without its empty parts.
    static func joining(_ parts: [PatternNode]) -> PatternNode {
        let parts = parts.filter { !$0.isEmpty }
        return switch parts.count {
        case 0: .empty
        case 1: parts[0]
        default: .sequence(parts)
        }
    }

    /// A choice with one empty alternative at most.
    static func choosing(_ alternatives: [PatternNode]) -> PatternNode {
        let parts = alternatives.filter { !$0.isEmpty }
        if parts.isEmpty { return .empty }
        if parts.count == alternatives.count { return parts.count == 1 ? parts[0] : .choice(parts) }
        return .choice(parts + [.empty])
    }

    static func repeating(_ node: PatternNode, least: Int, most: Int?) -> PatternNode {
        if node.isEmpty || most == 0 { return .empty }
        return least == 1 && most == 1 ? node : .repetition(node, least: least, most: most)
    }

    private var isEmpty: Bool {
        if case .empty = self { true } else { false }
    }

    /// The steps that ``PatternProgram`` compiles it to: with all repetitions expanded, one for each character and each
    /// optional part, one or two for each unbounded repetition, two for each alternative after the first. Saturates.
    var size: Int {
        switch self {
        case .empty: 0
        case .scalar, .start, .end: 1
        case .sequence(let parts): parts.reduce(0) { Self.sum($0, $1.size) }
        case .choice(let parts): parts.reduce(-2) { Self.sum($0, Self.sum($1.size, 2)) }
        case .repetition(let node, let least, nil):
            Self.sum(Self.product(max(least, 1), node.size), least == 0 ? 2 : 1)
        case .repetition(let node, let least, let most?):
            Self.sum(Self.product(most, node.size), most - least)
        }
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func product(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}
