/// What a regular expression costs regcomp(3), which uses stack for each nested group and memory for each repetition: a
/// driver's `(((…` of 20,000 bytes, `((a{1,255}){1,255}){1,255}` or `((((x+)+)+)+…` would crash the process that compiles it,
/// and a hundred `?` in a row take seconds.
struct PatternExtent {
    /// The depth of nested groups.
    private(set) var depth = 0
    /// The length with all repetitions expanded; a character, a class or an anchor counts as 1.
    private(set) var size = 0
    /// Whether a quantifier follows another one, which is outside of the subset and undefined in POSIX.
    private(set) var stacksQuantifiers = false

    static let longest = 1024
    static let deepest = 50
    static let largest = 5000

    /// - Returns: Whether it is within all bounds, and holds no NUL, at which a C string ends.
    static func isAcceptable(_ expression: String) -> Bool {
        guard expression.utf8.count <= longest, !expression.utf8.contains(0) else { return false }
        let extent = PatternExtent(expression)
        return extent.depth <= deepest && extent.size <= largest && !extent.stacksQuantifiers
    }

    init(_ expression: String) {
        // For each open group; the whole expression is the first.
        var sizes = [0]
        // For the last atom, which a following repetition multiplies.
        var atom = 0
        func repeatAtom(_ count: Int) {
            // It has already been counted once.
            let once = atom
            atom = Self.saturated(once, times: count)
            sizes[sizes.count - 1] = min(sizes[sizes.count - 1] + max(atom - once, 0), Int(Int32.max))
        }
        var isRepeated = false
        var rest = Array(expression.utf8)[...]
        while let byte = rest.popFirst() {
            let isQuantifier = "*+?{".utf8.contains(byte)
            if isQuantifier, isRepeated { stacksQuantifiers = true }
            isRepeated = isQuantifier
            switch byte {
            case UInt8(ascii: "\\"):
                rest = rest.dropFirst()
                atom = 1
            case UInt8(ascii: "["):
                Self.skipClass(&rest)
                atom = 1
            case UInt8(ascii: "("):
                sizes.append(0)
                depth = max(depth, sizes.count - 1)
                if rest.starts(with: "?:".utf8) { rest = rest.dropFirst(2) }
                continue
            case UInt8(ascii: ")"): atom = sizes.count > 1 ? sizes.removeLast() : 1
            case UInt8(ascii: "{"):
                repeatAtom(Self.most(&rest))
                continue
            case UInt8(ascii: "+"):
                // glibc compiles `x+` as `xx*`.
                repeatAtom(2)
                continue
            case UInt8(ascii: "*"), UInt8(ascii: "?"): continue
            default: atom = 1
            }
            sizes[sizes.count - 1] = min(sizes[sizes.count - 1] + atom, Int(Int32.max))
        }
        size = sizes.reduce(0, +)
    }

    private static func saturated(_ size: Int, times count: Int) -> Int {
        let (product, overflow) = size.multipliedReportingOverflow(by: max(count, 0))
        return overflow ? Int(Int32.max) : min(product, Int(Int32.max))
    }

    /// How often `n}`, `n,}` or `n,m}` writes out what it repeats, with `x{n,}` as n times `x` and `x*`; 1 for anything
    /// else.
    private static func most(_ rest: inout ArraySlice<UInt8>) -> Int {
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return 1 }
        let numbers = rest[..<end].split(separator: UInt8(ascii: ","))
            .map { Int(String(decoding: $0, as: UTF8.self)) ?? Int(Int32.max) }
        let isOpen = rest[..<end].last == UInt8(ascii: ",")
        rest = rest[(end + 1)...]
        return min(max(numbers.max() ?? 1, 1), Int(Int32.max) - 1) + (isOpen ? 1 : 0)
    }

    /// A `]` that comes first is one of the class's characters.
    private static func skipClass(_ rest: inout ArraySlice<UInt8>) {
        if rest.first == UInt8(ascii: "^") { rest = rest.dropFirst() }
        if rest.first == UInt8(ascii: "]") { rest = rest.dropFirst() }
        while let byte = rest.popFirst(), byte != UInt8(ascii: "]") {
            if byte == UInt8(ascii: "\\") { rest = rest.dropFirst() }
        }
    }
}
