import FoundationEssentials

/// The secrets of a run: what was given, and one that the suite makes up, so that a leak shows without any.
struct Secrets: Sendable {
    /// As requests carry them.
    let values: [String: String]
    /// What is looked for and removed, as it is and in base64, with the secret's name; the shortest would be found by
    /// chance.
    private let patterns: [(bytes: [UInt8], name: String)]
    private static let shortest = 4
    static let removed = Array("(removed)".utf8)

    init(given: [String: String], marker: String) {
        values = given.merging(["berth-check": marker]) { given, _ in given }
        var patterns: [(bytes: [UInt8], name: String)] = []
        for (name, value) in values where value.utf8.count >= Self.shortest {
            patterns.append((Array(value.utf8), name))
            // Without its padding, which some leave out.
            patterns.append((Data(value.utf8).base64EncodedString().prefix { $0 != "=" }.utf8.map(\.self), name))
        }
        self.patterns = patterns.sorted { ($1.bytes.count, $0.name) < ($0.bytes.count, $1.name) }
    }

    /// The name of a secret whose value stands in `bytes`.
    func leak(in bytes: [UInt8]) -> String? {
        patterns.first { bytes.firstRange(of: $0.bytes) != nil }?.name
    }

    func removing(from bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for pattern in patterns {
            while let range = bytes.firstRange(of: pattern.bytes) { bytes.replaceSubrange(range, with: Self.removed) }
        }
        return bytes
    }

    func removing(from text: String) -> String {
        String(decoding: removing(from: Array(text.utf8)), as: UTF8.self)
    }
}
