/// How far a mistyped word is from a right one.
public enum EditDistance {
    /// The candidate, of the first 512, that `word` was most likely meant to be; `nil` when none is near enough to be worth
    /// a guess.
    /// Letter case does not count.
    ///
    /// - Parameter limit: How many letters may be wrong; `nil`: 2, or a third of them.
    public static func nearest(to word: String, among candidates: [String], limit: Int? = nil) -> String? {
        let typed = Array(word.lowercased().unicodeScalars.prefix(longest))
        let allowance = limit ?? max(2, typed.count / 3)
        var best: (candidate: String, distance: Int)?
        for candidate in candidates.prefix(mostCandidates) {
            let letters = Array(candidate.lowercased().unicodeScalars.prefix(typed.count + allowance + 1))
            guard letters.count <= typed.count + allowance else { continue }
            let distance = distance(typed, letters)
            if distance <= allowance, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// A longer word is no typing error, and the table below is quadratic.
    private static let longest = 64
    private static let mostCandidates = 512

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for column in right.indices {
                let replaced = last[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(last[column + 1] + 1, current[column] + 1, replaced)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
