import JSONTree

/// The byte strings to look for, given one secret.
enum SecretPatterns {
    /// Shorter ones would match parts of ordinary words, and protect nothing.
    private static let shortestValue = 3
    /// Shorter lines, such as braces or the remainder of a key, reveal nothing.
    private static let shortestLine = 8
    private static let shortestAssigned = 16
    /// Longer values are split into patterns of about this length, which bounds how far beyond a cut the scrubber has
    /// to look.
    private static let pieceLength = 512

    static func patterns(of value: String) -> Set<[UInt8]> {
        var patterns: Set<[UInt8]> = []
        let bytes = Array(value.utf8)
        guard bytes.count >= shortestValue else {
            if !bytes.isEmpty { patterns.insert(padded(bytes)) }
            return patterns
        }
        // A key inside a JSON document is escaped there, but not where it is used.
        var form: DecodedText? = DecodedText(bytes)
        for _ in 0..<3 {
            guard let text = form else { break }
            insert(text.bytes, shortestValue, &patterns)
            insertLines(of: text.bytes, &patterns)
            form = text.unescaped()
        }
        if bytes.contains(UInt8(ascii: "{")), let json = try? JSONParser.parse(bytes) {
            insertMembers(of: json, &patterns)
        }
        return patterns
    }

    private static func insert(_ value: some Collection<UInt8>, _ shortest: Int, _ patterns: inout Set<[UInt8]>) {
        let value = trimmed(Array(value)[...])
        guard value.count >= shortest else { return }
        let pieces = (value.count + pieceLength - 1) / pieceLength
        for piece in 0..<pieces {
            let start = value.startIndex + piece * value.count / pieces
            let end = value.startIndex + (piece + 1) * value.count / pieces
            patterns.insert(Array(value[start..<end]))
        }
    }

    private static func insertLines(of text: [UInt8], _ patterns: inout Set<[UInt8]>) {
        let lines = text.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        for line in lines {
            let line = trimmed(line)
            // The frame of every PEM file (RFC 7468) is no secret.
            if line.starts(with: "-----BEGIN ".utf8) || line.starts(with: "-----END ".utf8) { continue }
            if lines.count > 1 { insert(line, shortestLine, &patterns) }
            // `aws_secret_access_key = …`, `password: …`
            guard let sign = line.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }) else {
                continue
            }
            let assigned = trimmed(line[line.index(after: sign)...])
            guard !assigned.contains(UInt8(ascii: " ")), !assigned.starts(with: "//".utf8),
                lines.count > 1 || line[sign] == UInt8(ascii: "=")
            else { continue }
            insert(assigned, shortestAssigned, &patterns)
        }
    }

    /// The strings whose names mark them as secret; messages need the others, such as a project's name.
    private static func insertMembers(of json: JSONValue, _ patterns: inout Set<[UInt8]>) {
        switch json {
        case .object(let members):
            for (name, value) in members {
                if let text = value.stringValue, isSecret(name) {
                    insert(text.utf8, shortestLine, &patterns)
                    insertLines(of: Array(text.utf8), &patterns)
                } else {
                    insertMembers(of: value, &patterns)
                }
            }
        case .array(let elements):
            for element in elements { insertMembers(of: element, &patterns) }
        default: break
        }
    }

    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["key", "secret", "password", "passwd", "token", "credential", "auth"].contains { name.contains($0) }
            && !["uri", "url"].contains { name.hasSuffix($0) }
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    /// The base64 of one or two bytes, recognisable only by its padding.
    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let pad = UInt8(ascii: "=")
        let bits = bytes.prefix(2).reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (bytes.count == 1 ? 16 : 8)
        func digit(_ shift: UInt32) -> UInt8 { digits[Int(bits >> shift & 63)] }
        return [digit(18), digit(12), bytes.count == 1 ? pad : digit(6), pad]
    }
}
