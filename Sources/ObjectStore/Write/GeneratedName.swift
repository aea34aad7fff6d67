/// Names made from `metadata.generateName` (apiserver's storage/names).
enum GeneratedName {
    private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    private static let suffixLength = 5
    private static let longestName = 63

    static func make(prefix: String) -> String {
        let suffix = (0..<suffixLength).map { _ in alphabet[Int.random(in: alphabet.indices)] }
        return prefix.prefix(longestName - suffixLength) + String(suffix)
    }
}
