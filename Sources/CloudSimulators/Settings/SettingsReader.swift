import JSONTree
import KubernetesAPI

/// A table of settings, read by type. What is missing or of another kind is an error that names the setting's path and,
/// where a user's file set it, the file and line.
///
/// A service reads all its settings while it is made: a key that no one has asked for by then, and that the defaults do
/// not have, is reported as a mistake.
struct SettingsReader: Sendable {
    private let document: SettingsDocument
    /// The keys, and indices in lists, that lead here.
    let path: [String]
    /// What stands here, unread.
    let value: JSONValue

    init(document: SettingsDocument, path: [String], value: JSONValue) {
        self.document = document
        self.path = path
        self.value = value
    }

    /// The last of the path: a named table's name.
    var name: String { path.last ?? "" }

    var keys: [String] { value.objectValue?.keys ?? [] }

    /// An error about a setting here, for what a type does not say: `"is larger than maximumSize"`.
    func error(_ key: String, _ message: String) -> SettingsError { document.error(path + [key], message) }

    /// An error about this table as a whole.
    func error(_ message: String) -> SettingsError { document.error(path, message) }

    /// - Throws: For the first key here, or in a table below, that was not asked for.
    func checkAllRead() throws(SettingsError) { try document.checkAllAsked(below: path) }

    /// This table as a value of a type, whose properties are its keys.
    ///
    /// - Throws: ``SettingsError`` for what is missing or of another kind.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try SettingsDecoder(document: document, path: path, value: value, codingPath: []).decode(type)
    }

    // MARK: - Scalars

    func has(_ key: String) -> Bool { optional(key) != nil }

    func string(_ key: String) throws(SettingsError) -> String { try required(key, string) }

    func string(ifSet key: String) throws(SettingsError) -> String? { try string(key, optional(key)) }

    func bool(_ key: String) throws(SettingsError) -> Bool { try required(key, bool) }

    func bool(ifSet key: String) throws(SettingsError) -> Bool? { try bool(key, optional(key)) }

    func integer(_ key: String, in range: ClosedRange<Int64> = 0...Int64.max) throws(SettingsError) -> Int64 {
        guard let value = try integer(ifSet: key, in: range) else { throw missing(key) }
        return value
    }

    func integer(ifSet key: String, in range: ClosedRange<Int64> = 0...Int64.max) throws(SettingsError) -> Int64? {
        guard let value = optional(key) else { return nil }
        guard let number = value.integerValue else {
            throw error(key, "\(Self.shown(value)) is not a whole number")
        }
        guard range.contains(number) else {
            throw error(
                key,
                range.upperBound == .max
                    ? "\(number) is less than \(range.lowerBound)"
                    : "\(number) is not in \(range.lowerBound)…\(range.upperBound)")
        }
        return number
    }

    func number(_ key: String, in range: ClosedRange<Double> = 0...Double.infinity) throws(SettingsError) -> Double {
        guard let value = try number(ifSet: key, in: range) else { throw missing(key) }
        return value
    }

    func number(
        ifSet key: String, in range: ClosedRange<Double> = 0...Double.infinity
    ) throws(SettingsError) -> Double? {
        guard let value = optional(key) else { return nil }
        guard let number = value.doubleValue else { throw error(key, "\(Self.shown(value)) is not a number") }
        guard range.contains(number) else {
            throw error(
                key,
                range.upperBound == .infinity
                    ? "\(Self.shown(value)) is less than \(range.lowerBound)"
                    : "\(Self.shown(value)) is not in \(range.lowerBound)…\(range.upperBound)")
        }
        return number
    }

    /// `50ms`, `2s`, `10m`, `6h`, `1d`, `1h30m`, or 0.
    func duration(_ key: String) throws(SettingsError) -> Duration {
        guard let value = try duration(ifSet: key) else { throw missing(key) }
        return value
    }

    func duration(ifSet key: String) throws(SettingsError) -> Duration? {
        guard let value = optional(key) else { return nil }
        if value == 0 { return .zero }
        guard let duration = value.stringValue.flatMap(DurationText.parse) else {
            throw error(key, "\(Self.shown(value)) is not a duration, as 50ms, 2s, 10m, 6h or 1h30m")
        }
        return duration
    }

    /// In bytes: a number, or `10G`, `4Gi`, `64Ti`.
    func size(_ key: String) throws(SettingsError) -> Int64 {
        guard let value = try size(ifSet: key) else { throw missing(key) }
        return value
    }

    func size(ifSet key: String) throws(SettingsError) -> Int64? {
        guard let value = optional(key) else { return nil }
        if let number = value.integerValue, number >= 0 { return number }
        // What is wrong with it as a Kubernetes quantity would not help here.
        guard let text = value.stringValue, let quantity = try? Quantity(parsing: text), !quantity.isNegative else {
            throw error(key, "\(Self.shown(value)) is not a size, as 10G, 4Gi, 64Ti or a number of bytes")
        }
        return quantity.bytes
    }

    // MARK: - Lists and tables

    /// A list of strings; one alone may stand without its brackets.
    func strings(_ key: String) throws(SettingsError) -> [String] {
        guard let value = try strings(ifSet: key) else { throw missing(key) }
        return value
    }

    func strings(ifSet key: String) throws(SettingsError) -> [String]? {
        guard let value = optional(key) else { return nil }
        if let text = value.stringValue { return [text] }
        guard let elements = value.arrayValue, let strings = value.stringArray, strings.count == elements.count else {
            throw error(key, "\(Self.shown(value)) is not a list of strings")
        }
        return strings
    }

    /// A table of strings by name, such as labels.
    func stringTable(ifSet key: String) throws(SettingsError) -> [String: String]? {
        guard let value = raw(key) else { return nil }
        guard let object = value.objectValue, let strings = value.stringDictionary, strings.count == object.count else {
            throw error(key, "\(Self.shown(value)) is not a table of strings")
        }
        return strings
    }

    func table(_ key: String) throws(SettingsError) -> SettingsReader {
        guard let table = try table(ifSet: key) else { throw missing(key) }
        return table
    }

    func table(ifSet key: String) throws(SettingsError) -> SettingsReader? {
        guard let value = optional(key) else { return nil }
        guard value.objectValue != nil else { throw error(key, "\(Self.shown(value)) is not a table") }
        return SettingsReader(document: document, path: path + [key], value: value)
    }

    /// The tables in a table, whose names the user chooses: volume types, instances. Empty when it is not set.
    func tables(_ key: String) throws(SettingsError) -> [SettingsReader] {
        guard let table = try table(ifSet: key) else { return [] }
        var tables: [SettingsReader] = []
        for name in table.keys { tables.append(try table.table(name)) }
        return tables
    }

    /// The tables in a list. Empty when it is not set.
    func list(_ key: String) throws(SettingsError) -> [SettingsReader] {
        guard let value = optional(key) else { return [] }
        guard let elements = value.arrayValue else { throw error(key, "\(Self.shown(value)) is not a list") }
        var tables: [SettingsReader] = []
        for (index, element) in elements.enumerated() {
            let table = SettingsReader(document: document, path: path + [key, String(index)], value: element)
            guard element.objectValue != nil else { throw table.error("\(Self.shown(element)) is not a table") }
            tables.append(table)
        }
        return tables
    }

    /// Whatever stands there, with all that lies below it.
    func raw(_ key: String) -> JSONValue? {
        document.ask(path + [key], .all)
        return present(key)
    }

    /// This table, with all that lies below it.
    var rawValue: JSONValue {
        document.ask(path, .all)
        return value
    }

    // MARK: - Asking

    private func optional(_ key: String) -> JSONValue? {
        document.ask(path + [key])
        return present(key)
    }

    private func present(_ key: String) -> JSONValue? {
        guard let value = value[key], !value.isNull else { return nil }
        return value
    }

    private func required<Value>(
        _ key: String, _ read: (String, JSONValue?) throws(SettingsError) -> Value?
    ) throws(SettingsError) -> Value {
        guard let value = try read(key, optional(key)) else { throw missing(key) }
        return value
    }

    private func string(_ key: String, _ value: JSONValue?) throws(SettingsError) -> String? {
        guard let value else { return nil }
        // YAML reads an account or a zone that lost its quotes as a number.
        if let number = value.integerValue { return String(number) }
        guard let text = value.stringValue else { throw error(key, "\(Self.shown(value)) is not a string") }
        return text
    }

    private func bool(_ key: String, _ value: JSONValue?) throws(SettingsError) -> Bool? {
        guard let value else { return nil }
        guard let bool = value.boolValue else { throw error(key, "\(Self.shown(value)) is neither true nor false") }
        return bool
    }

    private func missing(_ key: String) -> SettingsError { error(key, "is not set") }

    static func shown(_ value: JSONValue) -> String {
        let text = String(decoding: value.encoded, as: UTF8.self)
        return text.count > 60 ? text.prefix(60) + "…" : text
    }
}
