/// The order of a list that two writers share.
enum ListOrder {
    /// Where an element that only the stored list has goes among those that a writer listed.
    enum Placement {
        /// Before the first listed element that stood behind it; new elements come before it. Strategic merge patch.
        case beforeSuccessors
        /// Behind the last listed element that stood before it; new elements come after it. Server-side apply.
        case afterPredecessors
    }

    /// Puts what only the stored list has (`kept`) between the elements that a writer listed (`listed`). Both keep
    /// their own order.
    ///
    /// - Parameter position: Where an element stood in the stored list; `nil` when it is new.
    static func interleaving<Element>(
        kept: [Element], into listed: [Element], _ placement: Placement, position: (Element) -> Int?
    ) -> [Element] {
        guard !kept.isEmpty else { return listed }
        guard !listed.isEmpty else { return kept }
        let positions = listed.map(position)
        var result: [Element] = []
        result.reserveCapacity(kept.count + listed.count)
        let byPosition = positions.indices.compactMap { index in positions[index].map { (place: $0, index: index) } }
            .sorted { $0.place < $1.place }
        var predecessors = 0
        var next = 0
        var end = 0
        for element in kept {
            guard let place = position(element) else {
                result.append(element)
                continue
            }
            switch placement {
            case .beforeSuccessors:
                end = next
                while end < listed.count, positions[end].map({ $0 < place }) ?? true { end += 1 }
            case .afterPredecessors:
                // Kept elements come as they stood, so what was a predecessor once is one of all that follow.
                while predecessors < byPosition.count, byPosition[predecessors].place < place {
                    end = max(end, byPosition[predecessors].index + 1)
                    predecessors += 1
                }
            }
            result += listed[next..<end]
            result.append(element)
            next = end
        }
        return result + listed[next...]
    }
}
