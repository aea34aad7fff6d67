/// Why a store cannot be opened. The files are as they were before the attempt.
public struct StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: RawRepresentable, Sendable, Hashable {
        public let rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        /// Another process has the data directory open.
        public static let inUse = Code(rawValue: "inUse")
        /// The database file is no database, or its content does not hold together.
        public static let damaged = Code(rawValue: "damaged")
        /// The database file belongs to another program.
        public static let foreign = Code(rawValue: "foreign")
        /// The database file was written by a newer Berth.
        public static let newer = Code(rawValue: "newer")
        /// Writes that were acknowledged are missing from the database file.
        public static let dataLoss = Code(rawValue: "dataLoss")
        /// The operating system refused something: permissions, a full disk, a missing directory.
        public static let inaccessible = Code(rawValue: "inaccessible")
    }

    public var code: Code
    /// What was found in which file, and what to do.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
