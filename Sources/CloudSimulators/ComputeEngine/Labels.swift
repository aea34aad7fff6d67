import Crypto
import Foundation

/// Labels, and the fingerprint that says whether they have changed.
enum Labels {
    /// Base64 of eight bytes, as Compute Engine's.
    static func fingerprint(_ labels: [String: String]) -> String {
        var hash = SHA256()
        for (key, value) in labels.sorted(by: { $0.key < $1.key }) {
            hash.update(data: Data("\(key)\u{0}\(value)\u{0}".utf8))
        }
        return Data(hash.finalize().prefix(8)).base64EncodedString()
            .replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
    }

    /// At most 64; keys begin with a letter; keys and values have up to 63 lowercase letters, digits, `-` and `_`.
    static func check(_ labels: [String: String]) throws(ComputeError) {
        guard labels.count <= 64 else {
            throw .invalid("labels", "\(labels.count)", "A resource has at most 64 labels.")
        }
        for (key, value) in labels {
            guard let first = key.first, first.isLetter, isText(key) else {
                throw .invalid(
                    "labels", key, "Label keys must match '[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}'.")
            }
            guard isText(value) else {
                throw .invalid(
                    "labels['\(key)']", value, "Label values must match '[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}'.")
            }
        }
    }

    private static func isText(_ text: String) -> Bool {
        guard text.count <= 63 else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .lowercaseLetter, .otherLetter, .decimalNumber, .letterNumber, .otherNumber: true
            default: scalar == "-" || scalar == "_"
            }
        }
    }
}
