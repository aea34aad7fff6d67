import JSONTree

/// A `Table` (meta.k8s.io/v1) as lines of text, columns aligned.
struct TableText {
    private var headings: [String] = []
    private var rows: [[String]] = []
    /// Which of the server's columns are shown.
    private var shown: [Int] = []
    private let isWide: Bool
    private let showsNamespace: Bool

    /// - Parameter isWide: Also the columns that the server gives a priority above 0.
    init(isWide: Bool = false, showsNamespace: Bool = false) {
        self.isWide = isWide
        self.showsNamespace = showsNamespace
    }

    init(headings: [String], rows: [[String]]) {
        self.init()
        self.headings = headings
        self.rows = rows
    }

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(table: JSONValue) {
        // Of a watch's tables only the first defines the columns.
        if headings.isEmpty {
            let columns = table["columnDefinitions"]?.arrayValue ?? []
            shown = columns.indices.filter { isWide || (columns[$0]["priority"]?.integerValue ?? 0) == 0 }
            headings =
                (showsNamespace ? ["NAMESPACE"] : [])
                + shown.map {
                    (columns[$0]["name"]?.stringValue ?? "").uppercased()
                }
        }
        for row in table["rows"]?.arrayValue ?? [] {
            let cells = row["cells"]?.arrayValue ?? []
            let namespace = row.at("object", "metadata", "namespace")?.stringValue ?? ""
            rows.append(
                (showsNamespace ? [namespace] : []) + shown.map { $0 < cells.count ? Self.text(cells[$0]) : "" })
        }
    }

    /// Forgets the rows, and keeps the columns.
    mutating func removeRows() { rows.removeAll() }

    func lines(withHeadings: Bool = true) -> [String] {
        let all = (withHeadings ? [headings] : []) + rows
        let widths = headings.indices.map { column in
            ([headings] + rows).map { $0[column].count }.max() ?? 0
        }
        return all.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line +=
                    column + 1 < row.count
                    ? cell + String(repeating: " ", count: widths[column] - cell.count + 3) : cell
            }
            return line
        }
    }

    private static func text(_ cell: JSONValue) -> String {
        switch cell {
        case .string(let text): text
        case .null: "<none>"
        case .array(let elements): elements.map(text).joined(separator: ",")
        default: String(decoding: cell.encoded, as: UTF8.self)
        }
    }
}
