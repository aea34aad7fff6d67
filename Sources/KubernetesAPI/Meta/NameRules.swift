/// The forms that Kubernetes asks of names, each with its own words for what is wrong.
///
/// A rule takes a value and gives what is wrong with it: nothing, or one message for each fault.
public enum NameRules {
    private static let qualifiedNameFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
    private static let labelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"

    public static func empty() -> String { "must be non-empty" }
    public static func tooLong(_ limit: Int) -> String { "must be no more than \(limit) characters" }

    static func mismatch(_ message: String, format: String, _ examples: String...) -> String {
        let list = examples.enumerated().map { $0 > 0 ? " or '\($1)', " : "'\($1)', " }.joined()
        return "\(message) (e.g. \(list)regex used for validation is '\(format)')"
    }

    /// RFC 1123, with dots: the names of most objects.
    public static func dns1123Subdomain(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > 253 { faults.append(tooLong(253)) }
        if !isDNS1123Subdomain(value) {
            faults.append(
                mismatch(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                        + "and must start and end with an alphanumeric character",
                    format: "\(labelFormat)(\\.\(labelFormat))*", "example.com"))
        }
        return faults
    }

    /// RFC 1123, without dots: the names of namespaces, containers and volumes in a pod.
    public static func dns1123Label(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > 63 { faults.append(tooLong(63)) }
        if !isDNS1123Label(value.utf8) {
            faults.append(
                isDNS1123Subdomain(value)
                    ? "must not contain dots"
                    : mismatch(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
                            + "must start and end with an alphanumeric character",
                        format: labelFormat, "my-name", "123-abc"))
        }
        return faults
    }

    /// RFC 1035: like a label, and begins with a letter; the names of services.
    public static func dns1035Label(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > 63 { faults.append(tooLong(63)) }
        if !isDNS1123Label(value.utf8) || !(value.utf8.first.map(isLowercase) ?? false) {
            faults.append(
                mismatch(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                        + "alphabetic character, and end with an alphanumeric character",
                    format: "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
        }
        return faults
    }

    /// `name` or `prefix/name`: the keys of labels and annotations, finalizers, provisioners.
    public static func qualifiedName(_ value: String) -> [String] {
        let message =
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
            + "character"
        var faults: [String] = []
        let parts = value.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last else {
            return [
                "a qualified name "
                    + mismatch(message, format: qualifiedNameFormat, "MyName", "my.name", "123-abc")
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if parts.count == 2 {
            let prefix = String(parts[0])
            faults = (prefix.isEmpty ? [empty()] : dns1123Subdomain(prefix)).map { "prefix part " + $0 }
        }
        if last.isEmpty {
            faults.append("name part " + empty())
        } else if last.utf8.count > 63 {
            faults.append("name part " + tooLong(63))
        }
        if !isQualifiedNamePart(last.utf8) {
            faults.append(
                "name part " + mismatch(message, format: qualifiedNameFormat, "MyName", "my.name", "123-abc"))
        }
        return faults
    }

    public static func labelValue(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > 63 { faults.append(tooLong(63)) }
        if !value.isEmpty, !isQualifiedNamePart(value.utf8) {
            faults.append(
                mismatch(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
                        + "and must start and end with an alphanumeric character",
                    format: "(\(qualifiedNameFormat))?", "MyValue", "my_value", "12345"))
        }
        return faults
    }

    /// The keys of ConfigMaps and Secrets: they become names of files.
    public static func configKey(_ value: String) -> [String] {
        var faults: [String] = []
        if value.utf8.count > 253 { faults.append(tooLong(253)) }
        if value.isEmpty || !value.utf8.allSatisfy(isQualifiedNameByte) {
            faults.append(
                mismatch(
                    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
                    format: "[-._a-zA-Z0-9]+", "key.name", "KEY_NAME", "key-name"))
        }
        if value == "." {
            faults.append("must not be '.'")
        } else if value == ".." {
            faults.append("must not be '..'")
        } else if value.hasPrefix("..") {
            faults.append("must not start with '..'")
        }
        return faults
    }
}

extension NameRules {
    public static func isDNS1123Subdomain(_ value: String) -> Bool {
        value.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isDNS1123Label)
    }

    private static func isDNS1123Label(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isLowercaseOrDigit(first) && isLowercaseOrDigit(last)
            && bytes.allSatisfy { isLowercaseOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isQualifiedNamePart(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last) && bytes.allSatisfy(isQualifiedNameByte)
    }

    private static func isQualifiedNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowercaseOrDigit(byte) || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
    }

    private static func isLowercaseOrDigit(_ byte: UInt8) -> Bool {
        isLowercase(byte) || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9"))
    }

    private static func isLowercase(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }
}
