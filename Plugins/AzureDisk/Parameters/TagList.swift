import DriverProtocol

/// What stands for the placeholders in tags.
struct TagNames: Sendable {
    var volume: String
    var claim: ClaimReference?

    /// `${pvc.metadata.name}`, `${pvc.metadata.namespace}` and `${pv.metadata.name}`, also without `metadata.`.
    func filled(_ text: String) throws(DriverError) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw ClassParameters.invalid("tags", "has a ${ without its }")
            }
            let name = rest[start.upperBound..<end]
            let value: String?
            switch name {
            case "pvc.metadata.name", "pvc.name": value = claim?.name
            case "pvc.metadata.namespace", "pvc.namespace": value = claim?.namespace
            case "pv.metadata.name", "pv.name": value = volume
            default:
                throw ClassParameters.invalid(
                    "tags",
                    "has the unknown placeholder ${\(name)}; there are ${pvc.metadata.name}, ${pvc.metadata.namespace} and "
                        + "${pv.metadata.name}")
            }
            result += value ?? ""
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}

/// `tags` of a class: `key1=value1,key2=value2`.
enum TagList {
    /// Azure allows no more, and this driver writes some of its own.
    private static let limit = 40

    static func read(_ text: String?, delimiter: String?, _ names: TagNames) throws(DriverError) -> [String: String] {
        guard let text else { return [:] }
        var tags: [String: String] = [:]
        for item in text.split(separator: delimiter ?? ",") {
            let sides = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = trimmed(sides[0])
            guard sides.count == 2, !name.isEmpty else {
                throw ClassParameters.invalid("tags", "must be of the form key1=value1,key2=value2")
            }
            guard !name.contains(where: { "<>%&\\?/".contains($0) }), name.count <= 512 else {
                throw ClassParameters.invalid(
                    "tags", "has a tag whose name holds one of <>%&\\?/, which Azure does not allow, or is too long")
            }
            guard !name.lowercased().hasPrefix(VolumeMark.prefix) else {
                throw ClassParameters.invalid(
                    "tags", "has a tag that begins with \(VolumeMark.prefix), by which this driver knows its disks")
            }
            let value = try names.filled(trimmed(sides[1]))
            guard value.count <= 256 else {
                throw ClassParameters.invalid("tags", "has a tag whose value is longer than 256 characters")
            }
            tags[name] = value
        }
        guard tags.count <= limit else { throw ClassParameters.invalid("tags", "has more than \(limit) tags") }
        return tags
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
