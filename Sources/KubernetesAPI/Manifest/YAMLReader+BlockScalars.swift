/// Scalars of several lines: `|` and `>`.
extension YAMLReader {
    private enum Chomping { case strip, clip, keep }

    /// Reads `|` or `>` with its header and its lines.
    mutating func blockScalar(parent: Int) throws(Fault) -> String {
        let isFolded = bytes[position] == UInt8(ascii: ">")
        position += 1
        var chomping = Chomping.clip
        var indentation: Int?
        header: while !atEnd {
            switch bytes[position] {
            case UInt8(ascii: "+"): chomping = .keep
            case UInt8(ascii: "-"): chomping = .strip
            case UInt8(ascii: "1")...UInt8(ascii: "9"):
                indentation = max(parent, 0) + Int(bytes[position] - UInt8(ascii: "0"))
            default: break header
            }
            position += 1
        }
        tokenEnd = position
        skipBlanks()
        if !atEnd, bytes[position] == UInt8(ascii: "#") {
            while !atEnd, bytes[position] != 0x0A { position += 1 }
        }
        guard atEnd || bytes[position] == 0x0A else { throw unexpected("after \(isFolded ? ">" : "|")") }
        nextLine()
        let lines = try blockLines(indentation: indentation, parent: parent)
        tokenEnd = position
        return Self.joined(lines, isFolded: isFolded, chomping)
    }

    /// The lines without their indentation; lines of nothing but white space are empty.
    private mutating func blockLines(indentation: Int?, parent: Int) throws(Fault) -> [ArraySlice<UInt8>] {
        var indentation = indentation
        var lines: [ArraySlice<UInt8>] = []
        while !atEnd {
            guard !atMarker else { break }
            let start = position
            while !atEnd, bytes[position] == 0x20, position - start < indentation ?? Int.max { position += 1 }
            let isEmpty = atEnd || bytes[position] == 0x0A
            if !isEmpty, indentation == nil {
                if bytes[position] == 0x09, column <= max(parent, 0) {
                    throw fault("a tab stands in the indentation: use spaces")
                }
                indentation = max(column, max(parent, 0) + (parent < 0 ? 0 : 1))
            }
            if !isEmpty, column < indentation ?? 0 || column <= parent {
                position = start
                break
            }
            let content = position
            while !atEnd, bytes[position] != 0x0A { position += 1 }
            lines.append(isEmpty ? bytes[content..<content] : bytes[content..<position])
            guard !atEnd else { break }
            nextLine()
        }
        return lines
    }

    private mutating func nextLine() {
        guard !atEnd else { return }
        position += 1
        lineStart = position
    }

    private static func joined(_ lines: [ArraySlice<UInt8>], isFolded: Bool, _ chomping: Chomping) -> String {
        let content = lines.lastIndex { !$0.isEmpty }.map { $0 + 1 } ?? 0
        var text: [UInt8] = []
        for (position, line) in lines[..<content].enumerated() {
            text.append(contentsOf: line)
            guard position + 1 < content else { break }
            guard isFolded else {
                text.append(0x0A)
                continue
            }
            // Between two lines of text a break becomes a space; empty lines stay; lines that begin with white space
            // keep their breaks.
            let next = lines[position + 1]
            if line.isEmpty || isSpaced(line) || isSpaced(next) {
                // A run of empty lines before text has one break for each of them, the fold having none of its own.
                text.append(0x0A)
            } else if !next.isEmpty {
                text.append(0x20)
            } else if lines[(position + 1)..<content].first(where: { !$0.isEmpty }).map(isSpaced) == true {
                text.append(0x0A)
            }
        }
        let trailing = lines.count - content
        switch chomping {
        case .strip: break
        case .clip: if content > 0 { text.append(0x0A) }
        case .keep: text.append(contentsOf: Array(repeating: 0x0A, count: trailing + (content > 0 ? 1 : 0)))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func isSpaced(_ line: ArraySlice<UInt8>) -> Bool {
        line.first == 0x20 || line.first == 0x09
    }
}
