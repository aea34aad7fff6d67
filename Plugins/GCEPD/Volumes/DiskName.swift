import CloudHTTP
import DriverProtocol

/// Names in Compute Engine: `[a-z]([-a-z0-9]{0,61}[a-z0-9])?`, where the protocol's may begin with a digit and hold dots.
enum DiskName {
    /// As the in-tree plugin called disks.
    private static let inTreePrefix = "kubernetes-dynamic-"

    /// The disk of a volume: its own name where Google takes it, else one that a digest of it tells apart. What the
    /// disk's description says decides whether it is the volume's.
    ///
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`: not a name as the protocol has it.
    static func ofVolume(_ name: String, _ dialect: DriverConfiguration.Dialect) throws(DriverError) -> String {
        try check(name, field: "volume.name")
        return fitting((dialect == .inTree ? inTreePrefix : "") + name, name)
    }

    static func ofSnapshot(_ name: String) throws(DriverError) -> String {
        try check(name, field: "snapshot.name")
        return fitting(name, name)
    }

    private static func fitting(_ wanted: String, _ name: String) -> String {
        isValid(wanted) ? wanted : "berth-" + Hex.encoded(Digest.sha256(name).prefix(20))
    }

    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count <= 63, let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isLetter(first) && last != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func check(_ name: String, field: String) throws(DriverError) {
        let bytes = Array(name.utf8)
        func isEdge(_ byte: UInt8?) -> Bool { byte.map { isLetter($0) || isDigit($0) } ?? false }
        guard bytes.count <= 63, isEdge(bytes.first), isEdge(bytes.last),
            bytes.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else {
            throw DriverError(
                .invalidArgument,
                "'\(name.prefix(80))' is no name: 1 to 63 of a-z, 0-9, '.' and '-', beginning and ending with a letter or "
                    + "digit", field: field)
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
}
