/// Keys and plain scalars.
extension YAMLReader {
    /// Reads the key of `key: value`, up to its colon.
    mutating func implicitKey() throws(Fault) -> YAMLScalar {
        let scalar: YAMLScalar
        switch bytes[position] {
        case UInt8(ascii: "\""): scalar = .quoted(try doubleQuoted())
        case UInt8(ascii: "'"): scalar = .quoted(try singleQuoted())
        default:
            let start = position
            try checkPlainStart(inFlow: false)
            while !isIndicator(UInt8(ascii: ":")) {
                guard !atEnd, bytes[position] != 0x0A else { throw fault("a colon is expected after a key") }
                position += 1
            }
            scalar = .plain(text(start..<position))
        }
        skipBlanks()
        return scalar
    }

    /// A text without quotes, which may go on over several lines.
    mutating func plainScalar(inFlow: Bool, parent: Int) throws(Fault) -> String {
        try checkPlainStart(inFlow: inFlow)
        var result = ""
        var breaks = 0
        while true {
            let start = position
            try skipPlainText(inFlow: inFlow)
            let line = text(start..<position)
            append(line, afterBreaks: breaks, to: &result)
            tokenEnd = position
            breaks = 0
            // Further lines, until one that is not deep enough or says something else.
            let lineEnd = (position, lineStart)
            skipBlanks()
            while position < end, bytes[position] == 0x0A {
                breaks += 1
                position += 1
                lineStart = position
                skipBlanks()
            }
            let goesOn =
                breaks > 0 && !atEnd && !atMarker && bytes[position] != UInt8(ascii: "#")
                && (inFlow ? continuesInFlow : column > parent)
            guard goesOn else {
                (position, lineStart) = lineEnd
                return result
            }
            if !inFlow, try isImplicitKeyAhead() { throw misplacedKey }
        }
    }

    private var continuesInFlow: Bool {
        !isFlowIndicator(bytes[position]) && !isFlowValueIndicator
    }

    private mutating func skipPlainText(inFlow: Bool) throws(Fault) {
        let start = position
        while !atEnd, bytes[position] != 0x0A {
            let byte = bytes[position]
            if byte == UInt8(ascii: ":"), inFlow ? isFlowValueIndicator : isIndicator(byte) {
                if inFlow { return }
                throw misplacedKey
            }
            if byte == UInt8(ascii: "#"), position > start, isBlankOrBreak(bytes[position - 1]) { return }
            if inFlow, isFlowIndicator(byte) { return }
            position += 1
        }
    }

    private func checkPlainStart(inFlow: Bool) throws(Fault) {
        let byte = bytes[position]
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
            guard isIndicator(byte) || inFlow && position + 1 < end && isFlowIndicator(bytes[position + 1])
            else { return }
        case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"),
            UInt8(ascii: "#"), UInt8(ascii: "&"), UInt8(ascii: "*"), UInt8(ascii: "!"), UInt8(ascii: "|"),
            UInt8(ascii: ">"), UInt8(ascii: "%"), UInt8(ascii: "@"), UInt8(ascii: "`"):
            break
        default: return
        }
        throw fault("a value may not begin with '\(Character(Unicode.Scalar(byte)))': put it in quotes")
    }

    /// Without the white space at its end.
    private func text(_ range: Range<Int>) -> String {
        var end = range.upperBound
        while end > range.lowerBound, isBlankOrBreak(bytes[end - 1]) { end -= 1 }
        return String(decoding: bytes[range.lowerBound..<end], as: UTF8.self)
    }

    /// One line break becomes a space, of several all but the first stay.
    private func append(_ line: String, afterBreaks breaks: Int, to result: inout String) {
        if breaks == 1 {
            result += " "
        } else if breaks > 1 {
            result += String(repeating: "\n", count: breaks - 1)
        }
        result += line
    }
}
