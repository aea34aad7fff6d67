public import JSONTree

/// An exact amount as Kubernetes writes it: `8Gi`, `1500m`, `12e6` (apimachinery's `resource.Quantity`).
///
/// The value is a decimal number with at most 38 significant digits; nothing is ever a floating point number. Equality
/// and order look at the value alone, so `1Gi == 1024Mi`. Printing gives Kubernetes' canonical form: no fraction, the
/// largest suffix of the family in which the quantity was written that loses nothing.
public struct Quantity: Sendable {
    /// The family of suffixes in which a quantity was written, and is printed.
    public enum Format: Sendable, Hashable {
        /// `Ki Mi Gi Ti Pi Ei`
        case binarySI
        /// `n u m "" k M G T P E`
        case decimalSI
        /// `e3`, `E-6`
        case decimalExponent
    }

    public static let zero = Quantity(digits: 0, exponent: 0, format: .decimalSI)

    public let format: Format
    /// The value is `digits` times ten to the power of `exponent`; `digits` has no trailing zero, so that equal
    /// values have equal fields.
    let digits: Int128
    let exponent: Int

    init(digits: Int128, exponent: Int, format: Format) {
        var digits = digits
        var exponent = digits == 0 ? 0 : exponent
        while digits != 0, digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        self.digits = digits
        self.exponent = exponent
        self.format = format
    }

    /// A size in bytes, printed with a binary suffix where that is exact: `1536Mi`.
    public init(bytes: Int64) {
        self.init(digits: Int128(bytes), exponent: 0, format: .binarySI)
    }

    /// A quantity stands in JSON as a string or, as careless people write it, as a number.
    public init(_ json: JSONValue) throws(QuantityError) {
        switch json {
        case .string(let text): self = try Quantity(parsing: text)
        case .integer(let value): self.init(digits: Int128(value), exponent: 0, format: .decimalSI)
        case .number(let literal): self = try Quantity(parsing: literal)
        case .null: self = .zero
        default: throw .format
        }
    }

    public var isZero: Bool { digits == 0 }
    public var isNegative: Bool { digits < 0 }
    /// Has no fraction.
    public var isWhole: Bool { exponent >= 0 }

    /// The value as a whole number, rounded away from zero; 2^63-1 (or its negative) when it is larger.
    public var bytes: Int64 {
        guard exponent < 0 else { return Int64(clamping: scaledUp(by: exponent)) }
        guard let divisor = Self.power(of: 10, -exponent) else { return digits.signum() < 0 ? -1 : 1 }
        let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: divisor)
        return Int64(clamping: quotient + remainder.signum())
    }

    /// `digits * 10^places`, saturated.
    func scaledUp(by places: Int) -> Int128 {
        guard digits != 0 else { return 0 }
        guard let factor = Self.power(of: 10, places) else { return digits < 0 ? .min : .max }
        let (product, overflow) = digits.multipliedReportingOverflow(by: factor)
        return overflow ? (digits < 0 ? .min : .max) : product
    }

    static func power(of base: Int128, _ exponent: Int) -> Int128? {
        guard exponent <= 126 else { return nil }
        var result: Int128 = 1
        for _ in 0..<max(exponent, 0) {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = product
        }
        return result
    }
}

extension Quantity: Hashable, Comparable {
    public static func == (left: Quantity, right: Quantity) -> Bool {
        left.digits == right.digits && left.exponent == right.exponent
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(digits)
        hasher.combine(exponent)
    }

    public static func < (left: Quantity, right: Quantity) -> Bool {
        guard left.digits.signum() == right.digits.signum() else { return left.digits.signum() < right.digits.signum() }
        // The one with the larger exponent is brought to the other's. When that overflows its magnitude is the larger,
        // since the other's digits do fit.
        if left.exponent > right.exponent {
            return left.scaledUp(by: left.exponent - right.exponent) < right.digits
        }
        return left.digits < right.scaledUp(by: right.exponent - left.exponent)
    }
}

extension Quantity: CustomStringConvertible {
    private static let decimalSuffixes = [
        -9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E",
    ]
    static let binarySuffixes = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]

    /// The canonical form, as the API prints it.
    public var description: String {
        if isZero { return "0" }
        if format == .binarySI, exponent >= 0, let text = binaryDescription { return text }

        // The exponent goes down to a multiple of three.
        let remainder = ((exponent % 3) + 3) % 3
        let number = scaledUp(by: remainder)
        // Has no room for two more digits: stays as it is.
        if number == .max || number == .min { return "\(digits)e\(exponent)" }
        let power = exponent - remainder
        // There is no SI suffix beyond E (10^18).
        if format != .decimalExponent, let suffix = Self.decimalSuffixes[power] { return "\(number)\(suffix)" }
        return power == 0 ? "\(number)" : "\(number)e\(power)"
    }

    /// `nil` between -1024 and 1024, where Kubernetes prints plain digits, and for what no suffix can hold.
    private var binaryDescription: String? {
        var number = scaledUp(by: exponent)
        guard number.magnitude >= 1024, number != .max, number != .min else { return nil }
        var suffix = 0
        while number % 1024 == 0, suffix < Self.binarySuffixes.count - 1 {
            number /= 1024
            suffix += 1
        }
        return "\(number)\(Self.binarySuffixes[suffix])"
    }

    /// As a string, the form in which the API has it.
    public var json: JSONValue { .string(description) }
}
