import Glibc

/// The variables that the host passes on: those that drivers.json gives as `env`.
struct Environment: Sendable {
    private let lookup: @Sendable (String) -> String?

    init(_ lookup: @escaping @Sendable (String) -> String?) { self.lookup = lookup }

    /// This process's own.
    static let process = Environment { name in getenv(name).map { String(cString: $0) } }

    /// `nil` also for an empty one.
    subscript(name: String) -> String? {
        guard let value = lookup(name), !value.isEmpty else { return nil }
        return value
    }
}
