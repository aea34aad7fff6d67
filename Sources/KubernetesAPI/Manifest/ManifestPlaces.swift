import JSONTree

/// Where the values of a document stand, so that what is wrong with their meaning is reported by its line.
///
/// A path is made of the keys, and the indices in lists, that lead to a value: `["faults", "0", "rate"]`.
public struct ManifestPlaces: Sendable {
    /// As the user named it.
    public let file: String
    private let lines: [[String]: Int]

    init(file: String, lines: [[String]: Int]) {
        self.file = file
        self.lines = lines
    }

    /// Whether the document has this very value.
    public func contains(_ path: [String]) -> Bool { lines[path] != nil }

    /// The line, counted from 1, of the value or, where the document has none, of the innermost one around it.
    public func line(of path: [String]) -> Int {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return 1
    }

    /// What a reader notes while it reads.
    struct Recording {
        private var path: [String] = []
        private(set) var offsets: [[String]: Int] = [:]

        /// What is read next is the value of this key, which stands at `offset`.
        mutating func enter(_ key: JSONValue, _ offset: Int) {
            path.append(YAMLScalar.key(key) ?? "")
            offsets[path] = offset
        }

        /// What is read next is the element of this index.
        mutating func enter(_ index: Int, _ offset: Int) {
            path.append(String(index))
            offsets[path] = offset
        }

        mutating func leave() {
            path.removeLast()
        }
    }
}
