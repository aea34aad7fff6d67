/// The order in which kubectl prints keys: as people count, `a2` before `a10`, and letters after everything else.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        var position = 0
        while position < left.count, position < right.count {
            let first = left[position]
            let second = right[position]
            if first == second {
                position += 1
                continue
            }
            let isLetter = (first.properties.isAlphabetic, second.properties.isAlphabetic)
            if isLetter.0 && isLetter.1 { return first < second }
            if isLetter.0 || isLetter.1 { return isLetter.1 }
            // Digits differ: the longer run of digits, leading zeros apart, is the larger number.
            let (leftNumber, rightNumber) = (number(left, around: position), number(right, around: position))
            if let leftNumber, let rightNumber, leftNumber != rightNumber {
                return leftNumber.count == rightNumber.count
                    ? leftNumber.lexicographicallyPrecedes(rightNumber) : leftNumber.count < rightNumber.count
            }
            return first < second
        }
        return left.count < right.count
    }

    /// The digits that stand at a place, also before it, without leading zeros; `nil` when there is none.
    private static func number(_ text: [Unicode.Scalar], around position: Int) -> ArraySlice<Unicode.Scalar>? {
        let isDigit: (Unicode.Scalar) -> Bool = { ("0"..."9").contains($0) }
        guard isDigit(text[position]) else { return nil }
        var start = position
        while start > 0, isDigit(text[start - 1]) { start -= 1 }
        var end = position
        while end < text.count, isDigit(text[end]) { end += 1 }
        while start < end - 1, text[start] == "0" { start += 1 }
        return text[start..<end]
    }
}
