/// One figure, the floor that was measured in the same run, and how far the one is from the other.
struct BenchmarkRow {
    enum Direction { case higherIsBetter, lowerIsBetter }

    var figure: String
    var value: Double
    var unit: String
    var direction: Direction
    /// What the floor is, and its value in the same unit.
    var floor: (name: String, value: Double)?
    /// What the project wants, in the same unit, or as a ratio to the floor.
    var goal: Goal?

    enum Goal {
        case value(Double)
        case ratio(Double)
    }

    /// How many times worse than the floor: 1.0 is as good.
    var ratio: Double? {
        floor.map { direction == .higherIsBetter ? $0.value / value : value / $0.value }
    }

    var distance: String {
        switch goal {
        case nil: return "-"
        case .value(let goal):
            let isMet = direction == .higherIsBetter ? value >= goal : value <= goal
            return
                "\(quantity(goal))\(isMet ? ", met" : ", missed by \(Self.text(direction == .higherIsBetter ? goal / value : value / goal)) times")"
        case .ratio(let goal):
            guard let ratio else { return "-" }
            return "\(Self.text(goal)) times\(ratio <= goal ? ", met" : ", missed")"
        }
    }

    /// With the unit.
    func quantity(_ value: Double) -> String { unit.isEmpty ? Self.text(value) : "\(Self.text(value)) \(unit)" }

    static func text(_ value: Double) -> String {
        if value >= 100 { return String(Int(value.rounded())) }
        let scale = value >= 10 ? 10.0 : value >= 1 ? 100.0 : 1000.0
        let rounded = (value * scale).rounded() / scale
        return rounded == rounded.rounded() ? String(Int(rounded)) : String(rounded)
    }
}

/// The rows as lines of text, columns aligned.
struct BenchmarkTable {
    private(set) var rows: [BenchmarkRow] = []

    mutating func add(_ row: BenchmarkRow) { rows.append(row) }

    var text: String {
        let headings = ["FIGURE", "VALUE", "FLOOR", "RATIO", "GOAL"]
        let cells =
            [headings]
            + rows.map { row in
                [
                    row.figure, row.quantity(row.value),
                    row.floor.map { "\(row.quantity($0.value)) (\($0.name))" } ?? "-",
                    row.ratio.map { "\(BenchmarkRow.text($0))" } ?? "-", row.distance,
                ]
            }
        let widths = headings.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { line in
            line.enumerated().map { column, cell in
                column + 1 < line.count ? cell + String(repeating: " ", count: widths[column] - cell.count + 2) : cell
            }.joined()
        }.joined(separator: "\n")
    }
}

extension [Double] {
    func percentile(_ share: Double) -> Double {
        guard !isEmpty else { return .nan }
        return sorted()[Swift.min(count - 1, Int(share * Double(count)))]
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
