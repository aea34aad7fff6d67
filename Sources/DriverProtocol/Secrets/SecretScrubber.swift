/// Removes the values of secrets from a driver's output, in whatever form the driver wrote them: its log lines,
/// messages and replies end up in events and records.
///
/// It finds values verbatim, escaped as in JSON (up to three times), percent-encoded, in base64 of either alphabet
/// (padded or not, wrapped, within longer data, of escaped text), and in combinations of these. Of a value with several
/// lines it finds each line that is long enough to be secret; of a JSON document, the members named key, password and
/// the like. It cannot find what is encoded in other ways (encrypted, compressed, in hexadecimal, letter by letter).
public struct SecretScrubber: Sendable {
    private static let maximumTextLength = 16 << 10

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

    /// How many bytes on each side of a cut have to be examined to find a secret that the cut divides. A doubly escaped
    /// byte takes 7 bytes; base64 adds a third.
    public var reach: Int { 10 * table.longestLength }

    /// Scrubs a message for display. If there are secrets, keeps only its first 16 KiB: searching a megabyte of nested
    /// escapes takes seconds, and nobody reads that much.
    public func scrub(_ text: String) -> String {
        guard !isEmpty else { return text }
        let count = text.utf8.count
        let kept = String(decoding: scrub(text.utf8, keeping: Self.maximumTextLength), as: UTF8.self)
        return count > Self.maximumTextLength ? "\(kept)… (\(count) bytes)" : kept
    }

    /// The first `limit` bytes, without part of a secret at their end.
    public func scrub(_ bytes: some Collection<UInt8>, keeping limit: Int) -> [UInt8] {
        guard !isEmpty, bytes.count > limit else { return scrub(Array(bytes.prefix(limit))) }
        return scrub(Array(bytes.prefix(limit + reach)), range: 0..<limit)
    }

    /// - Parameters:
    ///   - range: The part of `bytes` to return; the rest is examined for secrets across its edges. `nil`: all.
    ///   - mayContinue: Whether more output may follow; the beginning of a secret at the end is then removed too.
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

    /// The ranges that hold secrets, in order and disjoint.
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
    ///   - escapes: How many more nested levels of escapes to undo.
    ///   - encodings: How many more nested levels of base64 to undo.
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
