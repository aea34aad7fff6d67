import DriverProtocol
import FoundationEssentials

/// Removes the values of a call's secrets from text that a driver wrote: its log lines and messages end up in events and
/// records. The values are looked for as they are, and in the base64 in which FlexVolume drivers get them and Kubernetes'
/// Secrets have them; what a driver encodes otherwise before it prints it cannot be found.
struct SecretScrubber: Sendable {
    /// Longest first, so that a value which contains another is removed whole.
    private var values: [String] = []
    /// Shorter ones would tear ordinary words apart, and protect nothing.
    private static let shortestLength = 3
    /// A resident driver serves many calls; the secrets of so many are remembered, each in both forms.
    private static let maximumCount = 512

    init(_ secrets: [String: String] = [:]) {
        add(secrets)
    }

    mutating func add(_ secrets: [String: String]) {
        for value in secrets.values where !value.isEmpty {
            let base64 = Data(value.utf8).base64EncodedString()
            guard value.utf8.count >= Self.shortestLength else {
                add(base64)
                continue
            }
            add(value)
            // Without its padding, which some leave out.
            add(String(base64.prefix { $0 != "=" }))
        }
    }

    private mutating func add(_ value: String) {
        guard !values.contains(value) else { return }
        if values.count == Self.maximumCount { values.removeLast() }
        values.insert(value, at: values.firstIndex { $0.utf8.count < value.utf8.count } ?? values.endIndex)
    }

    func scrub(_ text: String) -> String {
        guard !values.isEmpty else { return text }
        return String(decoding: scrub(Array(text.utf8)), as: UTF8.self)
    }

    func scrub(_ bytes: [UInt8]) -> [UInt8] {
        values.reduce(bytes) { bytes, value in
            replace(Array(value.utf8), in: bytes)
        }
    }

    private func replace(_ secret: [UInt8], in bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= secret.count else { return bytes }
        var result: [UInt8] = []
        var position = 0
        while position < bytes.count {
            if bytes[position] == secret[0], bytes[position...].starts(with: secret) {
                result.append(contentsOf: DriverRequest.redactedValue.utf8)
                position += secret.count
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        return result
    }
}
