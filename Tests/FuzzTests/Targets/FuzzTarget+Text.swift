import JSONTree
import StorageDriverKit

@testable import DriverProtocol
@testable import KubernetesAPI

extension FuzzTarget {
    static let json = FuzzTarget("json", dictionary: ["null", "true", "1e5", "\\u", "\\ud83d\\ude00", "{\"a\":", "[["])
    {
        bytes in
        var values: [JSONValue] = []
        if let value = try? JSONParser.parse(bytes) { values.append(value) }
        if let read = try? JSONParser.parseReportingDuplicates(bytes, maximumValues: 100_000) {
            values.append(read.value)
            // What is reported goes into an error: so much, whatever the document's size, and no more.
            let reported = read.duplicates.reduce(0) { $0 + $1.utf8.count }
            try require(
                reported <= 128 << 10, "\(bytes.count) bytes, and \(reported) bytes of duplicate keys")
        }
        for value in values {
            let extent = value.extent()
            try require(extent.depth <= JSONParser.defaultMaximumDepth, "read \(extent.depth) levels")
            try require(value.encoded.count >= extent.bytes, "\(extent.bytes) bytes are fewer than said")
            for text in [value.encoded, value.canonicalEncoded, Array(value.prettyPrinted().utf8)] {
                try require(
                    try JSONParser.parse(text) == value, "not the same again: \(String(decoding: text, as: UTF8.self))")
            }
        }
    }

    static let yaml = FuzzTarget(
        "yaml",
        dictionary: [
            "---", "...", "&a ", "*a", "!!str ", "|-", ">+2", "? ", "- ", ": ", "<<: ", "{a: ", "[", "\\x41", "\\u00e9",
            "#", "%YAML 1.2", "0o17", "0x1F", ".inf", ".nan", "2001-01-01", "~", "\n  ", "''", "List", "items:",
            "apiVersion: v1\nkind: ",
        ]
    ) { bytes in
        _ = try? ManifestDecoder.decode(bytes, file: "-")
        _ = try? ManifestDecoder.decodeDocumentWithPlaces(bytes, file: "-")
        guard let value = try? ManifestDecoder.decodeDocument(bytes) else { return }
        let extent = value.extent()
        try require(extent.depth <= JSONParser.defaultMaximumDepth, "read \(extent.depth) levels")
        try require(extent.nodes <= ObjectLimits.values, "read \(extent.nodes) values")
        let text = ManifestEncoder.encode(value)
        let again = try ManifestDecoder.decodeDocument(Array(text.utf8))
        try require(sameYAML(again, value), "not the same again: \(text)")
    }

    /// Numbers by their value: JSON keeps the digits of one that is no `Int64`, and YAML reads a floating-point number.
    private static func sameYAML(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { sameYAML($0, $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { key, value in right[key].map { sameYAML(value, $0) } ?? false }
        case (.number, _), (_, .number):
            left == right || left.doubleValue == right.doubleValue || left.doubleValue?.isFinite != true
        default: left == right
        }
    }

    static let quantity = FuzzTarget(
        "quantity", dictionary: ["Ki", "Ei", "e18", "E-9", "m", "0.1", "9223372036854775807"]
    ) {
        bytes in
        let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(4)
        let quantities = words.compactMap { try? Quantity(parsing: String($0)) }
        for quantity in quantities {
            let again = try Quantity(parsing: quantity.description)
            try require(again == quantity, "\(quantity) is read as \(again)")
            // 937.5Ki is printed as 960000, and that as 960k, as in Kubernetes.
            let third = try Quantity(parsing: again.description)
            try require(third.description == again.description, "\(again) is printed as \(third)")
            _ = quantity.bytes
            for other in quantities {
                let truths = [quantity < other, quantity == other, other < quantity].count { $0 }
                try require(truths == 1, "\(quantity) and \(other) have \(truths) orders")
            }
        }
    }

    static let time = FuzzTarget("time", dictionary: ["2026-01-31T12:00:00Z", "+23:59", ".999999999", "0000-01-01"]) {
        bytes in
        let words = String(decoding: bytes, as: UTF8.self).split(separator: "\n").prefix(4).map(String.init)
        for word in words {
            if let time = Timestamp(word) {
                try require(Timestamp(time.description) == time.wholeSecond, "\(word) is printed as \(time)")
                _ = time.microTime
                _ = time.humanAge(at: Timestamp(seconds: 1_800_000_000))
                _ = Timestamp(seconds: 1_800_000_000).humanAge(at: time)
                _ = time + .seconds(86400)
            }
            if let time = RFC3339Time(word) {
                try require(
                    RFC3339Time(time.description).map { $0.seconds } == time.seconds, "\(word) is printed as \(time)")
            }
        }
    }

    static let selector = FuzzTarget(
        "selector",
        dictionary: [" in (", " notin (", "!=", "==", ",", "metadata.name=", "!a", "matchExpressions", "\\,"]
    ) { bytes in
        let text = String(decoding: bytes, as: UTF8.self)
        if let selector = try? LabelSelector(parsing: text) {
            try require(try LabelSelector(parsing: selector.text) == selector, "not the same again: \(selector.text)")
            _ = selector.matches(["a": "b", "app": "1"])
        }
        if let selector = try? FieldSelector(parsing: text) {
            try require(try FieldSelector(parsing: selector.text) == selector, "not the same again: \(selector.text)")
        }
        if let json = try? JSONParser.parse(bytes), let selector = try? LabelSelector(json) {
            _ = selector.matches(["a": "b"])
        }
        _ = NameRules.qualifiedName(text) + NameRules.dns1123Subdomain(text) + NameRules.labelValue(text)
    }

    static let pathPattern = FuzzTarget(
        "path-pattern",
        dictionary: [
            "${pvc.name}", "${pvc.namespace}", "${pv.name}", "${pvc.annotations['", "']}", "${.PVC.labels.", "../",
        ]
    ) { bytes in
        let lines = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let value = lines.count > 1 ? lines[1] : "x"
        let claim = ClaimReference(
            namespace: value, name: value, uid: "u", labels: ["a": value], annotations: ["a": value])
        guard let path = try? PathPattern(lines[0]).path(volume: "pvc-1", claim: claim) else { return }
        let components = path.components
        try require(
            !components.isEmpty
                && !components.contains {
                    $0.isEmpty || $0 == "." || $0 == ".." || $0.utf8.contains(UInt8(ascii: "/"))
                },
            "\(lines[0]) leads to \(components)")
    }
}
