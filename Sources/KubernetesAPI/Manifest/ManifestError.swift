/// Why a manifest cannot be read, and where.
public struct ManifestError: Error, Sendable, Hashable, CustomStringConvertible {
    /// As the user named it; `-` for standard input.
    public var file: String
    /// Counted from 1; the column counts bytes.
    public var line: Int
    public var column: Int
    public var message: String

    public init(file: String, line: Int, column: Int, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.message = message
    }

    /// `pvc.yaml:3:5: …`
    public var description: String { "\(file):\(line):\(column): \(message)" }
}
