import Glibc

/// Which rule of the specification a driver breaks, and in which of several ways: `R-RUN-1`, `R-RUN-1/nothing`. Every
/// other rule it keeps.
struct Fault: Sendable {
    private let name: String

    /// From `BERTH_FAULT`; `none` is a driver that is right.
    static let current = getenv("BERTH_FAULT").map { Fault(name: String(cString: $0)) }

    /// Whether the driver has this fault, in its only or first way.
    func breaks(_ fault: String) -> Bool { name == fault }
}

/// Why a call of the faulty driver fails.
struct Refusal: Error {
    var code: String
    var message: String
    var field: String?

    init(_ code: String, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }
}
