import KubernetesAPI

/// One media range of an `Accept` header (RFC 9110, section 12.5.1), or the value of `Content-Type`.
struct MediaRange {
    /// `application/json`, in lower case.
    let type: String
    let parameters: [(name: String, value: String)]

    init?(_ text: Substring) {
        var parts = text.split(separator: ";", omittingEmptySubsequences: false).map { Self.trim($0) }
        guard let first = parts.first, first.contains("/") else { return nil }
        type = first.lowercased()
        parts.removeFirst()
        parameters = parts.compactMap { part in
            guard let equals = part.firstIndex(of: "=") else { return nil }
            return (
                Self.trim(part[..<equals]).lowercased(),
                Self.trim(part[part.index(after: equals)...]).replacing("\"", with: "")
            )
        }
    }

    subscript(name: String) -> String? {
        for parameter in parameters where parameter.name == name { return parameter.value }
        return nil
    }

    private var quality: Double { self["q"].flatMap { Double($0) } ?? 1 }

    private static func trim(_ text: Substring) -> String {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }

    /// The ranges of an `Accept` header, the wanted ones first.
    static func ranges(_ header: String) -> [MediaRange] {
        header.split(separator: ",").compactMap { MediaRange($0) }
            .filter { $0.quality > 0 }
            .enumerated()
            .sorted { ($1.element.quality, $0.offset) < ($0.element.quality, $1.offset) }
            .map(\.element)
    }
}

/// How a client wants objects.
enum Representation: Equatable {
    case object
    /// With the columns of `kubectl get`; `version` of `meta.k8s.io`.
    case table(version: String)
    case partialMetadata(version: String)

    /// - Throws: `NotAcceptable` when no range of the header can be served: answers are JSON.
    init(accept header: String?) throws(StatusError) {
        // What nearly every request has: no need to take it apart.
        if header == nil || header == "application/json" || header == "*/*" || header == "" {
            self = .object
            return
        }
        for range in MediaRange.ranges(header ?? "") where range["charset"].map({ $0.lowercased() == "utf-8" }) ?? true
        {
            if let representation = Self.served(range) {
                self = representation
                return
            }
        }
        throw StatusError(
            code: 406, reason: .notAcceptable,
            message: "only the following media types are accepted: application/json, application/json;stream=watch")
    }

    private static func served(_ range: MediaRange) -> Representation? {
        guard ["application/json", "application/*", "*/*"].contains(range.type) else { return nil }
        guard let wanted = range["as"] else { return .object }
        let version = range["v"] ?? "v1"
        guard range["g"] == "meta.k8s.io", version == "v1" || version == "v1beta1" else { return nil }
        switch wanted {
        case "Table": return .table(version: version)
        case "PartialObjectMetadata", "PartialObjectMetadataList": return .partialMetadata(version: version)
        default: return nil
        }
    }
}
