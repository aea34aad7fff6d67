/// Where a driver of directories puts a volume beneath its base directory: components that are names, checked.
public struct VolumePath: Hashable, Sendable, CustomStringConvertible {
    public struct Invalid: Error {
        /// The end of a sentence that begins with "the path".
        public let reason: String
    }

    /// The directory within a base directory that a driver keeps for itself.
    public static let reserved = ".berth"
    /// Begins the names that archived volumes get.
    public static let archivePrefix = "archived-"

    /// At least one.
    public let components: [String]

    public init(_ path: String) throws(Invalid) {
        // By bytes, as the kernel does it: "/" and a combining mark behind it are one `Character`, which is no "/".
        let components = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        guard path.utf8.count <= 1024, components.count <= 16 else {
            throw Invalid(reason: "is longer than 1024 bytes or 16 levels")
        }
        for component in components {
            if component.isEmpty { throw Invalid(reason: "begins or ends with a slash, or has two in a row") }
            if component == "." || component == ".." { throw Invalid(reason: "has a component '\(component)'") }
            if component.utf8.count > 255 { throw Invalid(reason: "has a component of more than 255 bytes") }
            if component.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                throw Invalid(reason: "holds a control character")
            }
        }
        if let first = components.first, first == Self.reserved || first.utf8.starts(with: Self.archivePrefix.utf8) {
            throw Invalid(reason: "begins with '\(first)', a name that the driver keeps for itself")
        }
        self.components = components
    }

    /// The last component.
    public var name: String { components[components.count - 1] }

    /// The components before the last.
    public var parents: ArraySlice<String> { components.dropLast() }

    /// Every directory above the last component, the highest first: `a`, `a/b` for `a/b/c`.
    public var ancestors: [String] {
        parents.indices.map { components[...$0].joined(separator: "/") }
    }

    public var description: String { components.joined(separator: "/") }
}
