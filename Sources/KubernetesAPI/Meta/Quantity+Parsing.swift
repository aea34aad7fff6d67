/// Why a text is no quantity, in the words of Kubernetes' API.
public enum QuantityError: Error, Sendable, Hashable, CustomStringConvertible {
    case format
    /// More than 38 significant digits, which no real amount has.
    case numeric
    case suffix

    public var description: String {
        switch self {
        case .format:
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        case .numeric: "unable to parse numeric part of quantity"
        case .suffix: "unable to parse quantity's suffix"
        }
    }
}

extension Quantity {
    /// Reads `<sign>?<number><suffix>`; a number may begin or end with its point (`.5Gi`, `1.`).
    ///
    /// As Kubernetes does it, a value finer than a nano is rounded up to the next nano, and one with a binary suffix is
    /// capped at 2^63-1.
    public init(parsing text: String) throws(QuantityError) {
        var scanner = QuantityScanner(text)
        let isNegative = scanner.sign()
        var (digits, fractionDigits) = try scanner.number()
        while fractionDigits > 0, digits % 10 == 0 {
            digits /= 10
            fractionDigits -= 1
        }
        let (format, power) = try scanner.suffix()

        var quantity: Quantity
        if format == .binarySI {
            let (product, overflow) = digits.multipliedReportingOverflow(by: 1 << Int128(power))
            // So large a product has a fraction as long as itself or is far beyond the cap; both are no real sizes.
            guard !overflow || fractionDigits == 0 else { throw .numeric }
            quantity = Quantity(
                digits: overflow ? Int128.max : product, exponent: -fractionDigits, format: .binarySI)
        } else {
            quantity = Quantity(digits: digits, exponent: power - fractionDigits, format: format)
        }
        quantity = quantity.roundedUpToNano
        // Zeros become part of the exponent: `10e2147483647` would be printed with one that no reader takes.
        guard quantity.exponent <= Int(Int32.max) else { throw .suffix }
        if format == .binarySI {
            let largest = Quantity(bytes: .max)
            if quantity > largest { quantity = largest }
            let isFraction = quantity < Quantity(bytes: 1)
            if isFraction {
                quantity = Quantity(digits: quantity.digits, exponent: quantity.exponent, format: .decimalSI)
            }
        }
        self =
            isNegative
            ? Quantity(digits: -quantity.digits, exponent: quantity.exponent, format: quantity.format) : quantity
    }

    /// For a value that is not negative.
    private var roundedUpToNano: Quantity {
        guard exponent < -9, digits != 0 else { return self }
        guard let divisor = Self.power(of: 10, -9 - exponent) else {
            return Quantity(digits: 1, exponent: -9, format: format)
        }
        let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: divisor)
        return Quantity(digits: quotient + (remainder > 0 ? 1 : 0), exponent: -9, format: format)
    }
}

private struct QuantityScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Consumes a sign; whether it was a minus.
    mutating func sign() -> Bool {
        guard position < bytes.count else { return false }
        if bytes[position] == UInt8(ascii: "-") {
            position += 1
            return true
        }
        if bytes[position] == UInt8(ascii: "+") { position += 1 }
        return false
    }

    mutating func number() throws(QuantityError) -> (digits: Int128, fractionDigits: Int) {
        var digits: Int128 = 0
        var fractionDigits = 0
        var count = 0
        var isFraction = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
            } else if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
                let (product, overflow1) = digits.multipliedReportingOverflow(by: 10)
                let (sum, overflow2) = product.addingReportingOverflow(Int128(byte - UInt8(ascii: "0")))
                if overflow1 || overflow2 { throw .numeric }
                digits = sum
                count += 1
                if isFraction { fractionDigits += 1 }
            } else {
                break
            }
            position += 1
        }
        guard count > 0 else { throw .format }
        return (digits, fractionDigits)
    }

    /// The rest of the text: its family, and the power of ten or of two that it stands for.
    mutating func suffix() throws(QuantityError) -> (Quantity.Format, Int) {
        let text = String(decoding: bytes[position...], as: UTF8.self)
        switch text {
        case "": return (.decimalSI, 0)
        case "n": return (.decimalSI, -9)
        case "u": return (.decimalSI, -6)
        case "m": return (.decimalSI, -3)
        case "k": return (.decimalSI, 3)
        case "M": return (.decimalSI, 6)
        case "G": return (.decimalSI, 9)
        case "T": return (.decimalSI, 12)
        case "P": return (.decimalSI, 15)
        case "E": return (.decimalSI, 18)
        default: break
        }
        if let index = Quantity.binarySuffixes.firstIndex(of: text) { return (.binarySI, index * 10) }
        try checkShape()
        guard text.first == "e" || text.first == "E", let power = Int32(text.dropFirst()) else { throw .suffix }
        return (.decimalExponent, Int(power))
    }

    /// Letters of suffixes, then perhaps a sign, then digits, as the regular expression in the error text has it.
    private func checkShape() throws(QuantityError) {
        var rest = bytes[position...].drop { Array("eEinumkKMGTP".utf8).contains($0) }
        if let first = rest.first, first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        guard rest.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { throw .format }
    }
}
