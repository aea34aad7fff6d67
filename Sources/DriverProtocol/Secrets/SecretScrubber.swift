/// Removes the values of secrets from what a driver wrote, in whatever form it wrote them: its log lines, messages and
/// replies end up in events and records.
///
/// Found are the values as they are, escaped as JSON escapes them (also twice and three times), percent-encoded, in
/// base64 of either alphabet (padded or not, wrapped, within longer data, also of text in which they are escaped), and
/// mixtures of these; of values with several lines each line that is long enough to be secret; of JSON documents the
/// members that are called keys, passwords and the like. What is encoded otherwise (encrypted, compressed, in hexadecimal
/// digits, letter by letter) cannot be found.
public struct SecretScrubber: Sendable {
    private var table = PatternTable()

    public init(_ secrets: [String: String] = [:]) {
        add(secrets.values)
    }

    public mutating func add(_ values: some Sequence<String>) {
        for value in values {
            for pattern in SecretPatterns.patterns(of: value) { table.insert(pattern) }
        }
    }

    public var isEmpty: Bool { table.isEmpty }

    /// How many bytes behind a cut, or before it, are to be looked at with it, so that what is cut through is found. An
    /// escape that is escaped itself takes 7 bytes for one; base64 adds a third.
    public var reach: Int { 10 * table.longestLength }

    public func scrub(_ text: String) -> String {
        isEmpty ? text : String(decoding: scrub(Array(text.utf8)), as: UTF8.self)
    }

    /// The first `limit` bytes, without a piece of a secret at their end.
    public func scrub(_ bytes: some Collection<UInt8>, keeping limit: Int) -> [UInt8] {
        guard !isEmpty, bytes.count > limit else { return scrub(Array(bytes.prefix(limit))) }
        return scrub(Array(bytes.prefix(limit + reach)), range: 0..<limit)
    }

    /// - Parameters:
    ///   - range: What is wanted of `bytes`; the rest of them shows what stands at its edges. `nil`: all.
    ///   - mayContinue: Whether more follows that is not there yet: then the beginning of a secret at the end is removed
    ///     too.
    public func scrub(_ bytes: [UInt8], range: Range<Int>? = nil, mayContinue: Bool = false) -> [UInt8] {
        let range = (range ?? bytes.indices).clamped(to: bytes.indices)
        guard !isEmpty, !bytes.isEmpty else { return Array(bytes[range]) }
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var position = range.lowerBound
        for secret in secrets(in: bytes, mayContinue: mayContinue) {
            guard secret.upperBound > position, secret.lowerBound < range.upperBound else { continue }
            if secret.lowerBound > position { result += bytes[position..<secret.lowerBound] }
            result += DriverRequest.redactedValue.utf8
            position = min(secret.upperBound, range.upperBound)
        }
        result += bytes[position..<range.upperBound]
        return result
    }

    /// Where there are secrets: in order, apart from each other.
    private func secrets(in bytes: [UInt8], mayContinue: Bool) -> [Range<Int>] {
        var found: [Range<Int>] = []
        search(DecodedText(bytes), escapes: 3, encodings: 2, mayContinue: mayContinue, &found)
        guard !found.isEmpty else { return [] }
        found.sort { $0.lowerBound < $1.lowerBound }
        var merged = [found[0]]
        for range in found.dropFirst() {
            let last = merged[merged.count - 1]
            if range.lowerBound <= last.upperBound {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged
    }

    /// - Parameters:
    ///   - escapes: How many more escapes are undone, one within the other.
    ///   - encodings: How many more layers of base64 are.
    private func search(
        _ text: DecodedText, escapes: Int, encodings: Int, mayContinue: Bool, _ found: inout [Range<Int>]
    ) {
        table.forEachMatch(in: text.bytes, mayContinue: mayContinue) { found.append(text.source(of: $0)) }
        if escapes > 0 {
            for decoded in [text.unescaped(), text.percentDecoded(), text.formDecoded()] {
                guard let decoded else { continue }
                search(decoded, escapes: escapes - 1, encodings: encodings, mayContinue: mayContinue, &found)
            }
        }
        guard encodings > 0, let (all, readable) = text.base64Decoded() else { return }
        table.forEachMatch(in: all.bytes) { found.append(all.source(of: $0)) }
        guard let readable else { return }
        search(readable, escapes: min(escapes, 2), encodings: encodings - 1, mayContinue: false, &found)
    }
}
