import JSONTree
import KubernetesAPI
import Synchronization

/// A YAML file of settings, laid over defaults or standing alone.
///
/// Knows where each value was written, and which keys were asked for: one that nobody asked for is a mistake of its
/// writer's, and is reported as such.
final class SettingsDocument: Sendable {
    /// The defaults, with what the file says laid over them.
    let value: JSONValue
    private let defaults: JSONValue
    /// Of the file; `nil` when there is none.
    private let places: ManifestPlaces?
    private let asked = Mutex<[[String]: Extent]>([:])

    enum Extent {
        /// What lies below is asked for on its own.
        case key
        /// Whatever lies below is taken as it is.
        case all
    }

    /// - Parameters:
    ///   - text: YAML, or JSON; empty for nothing.
    ///   - file: Its name, for messages.
    init(_ text: [UInt8], file: String, over defaults: JSONValue = .object([:])) throws(SettingsError) {
        let document: (value: JSONValue, places: ManifestPlaces)
        do throws(ManifestError) {
            document = try ManifestDecoder.decodeDocumentWithPlaces(text, file: file)
        } catch {
            throw SettingsError("\(error)")
        }
        guard document.value.objectValue != nil || document.value.isNull else {
            throw SettingsError("\(file):1: the file holds a \(document.value.typeName), not a table of settings")
        }
        value = document.value.isNull ? defaults : defaults.overlaid(by: document.value)
        places = document.places
        self.defaults = defaults
    }

    init(defaults: JSONValue) {
        value = defaults
        self.defaults = defaults
        places = nil
    }

    var root: SettingsReader { SettingsReader(document: self, path: [], value: value) }

    func ask(_ path: [String], _ extent: Extent = .key) {
        asked.withLock { asked in
            if asked[path] != .all { asked[path] = extent }
        }
    }

    /// - Parameter path: Of the value that is wrong or missing.
    func error(_ path: [String], _ message: String) -> SettingsError {
        let name = path.isEmpty ? "" : path.joined(separator: ".") + ": "
        guard let places else { return SettingsError("\(name)\(message)") }
        // What the file does not set at all, not even around it, is a default.
        guard places.contains(Array(path.prefix(1))) || path.isEmpty else {
            return SettingsError("\(name)\(message) (a default, not set in \(places.file))")
        }
        return SettingsError("\(places.file):\(places.line(of: path)): \(name)\(message)")
    }

    /// - Throws: For the first key below `path` that is neither among the defaults nor was asked for.
    func checkAllAsked(below path: [String] = []) throws(SettingsError) {
        let asked = asked.withLock { $0 }
        guard asked[path] != .all else { return }
        var value = value
        for step in path { value = value[step] ?? .null }
        try check(value, defaults: defaults.value(at: path), path, asked)
    }

    private func check(
        _ value: JSONValue, defaults: JSONValue?, _ path: [String], _ asked: [[String]: Extent]
    ) throws(SettingsError) {
        // A default is right, whether or not it is used.
        guard value != defaults else { return }
        switch value {
        case .object(let object):
            for (key, child) in object {
                let childPath = path + [key]
                if asked[childPath] == .all { continue }
                guard asked[childPath] != nil || defaults?[key] != nil else {
                    var known = Set(defaults?.objectValue?.keys ?? [])
                    for other in asked.keys where other.count == childPath.count && other.starts(with: path) {
                        if let last = other.last { known.insert(last) }
                    }
                    let list = known.sorted().joined(separator: ", ")
                    throw error(
                        childPath, "there is no such setting" + (known.isEmpty ? "" : "; there are \(list)"))
                }
                try check(child, defaults: defaults?[key], childPath, asked)
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                let childPath = path + [String(index)]
                if asked[childPath] == .all { continue }
                try check(element, defaults: nil, childPath, asked)
            }
        default: return
        }
    }
}

extension JSONValue {
    /// Objects are merged, key by key; everything else is replaced, and null removes.
    func overlaid(by other: JSONValue) -> JSONValue {
        guard case .object(var object) = self, case .object(let overlay) = other else { return other }
        for (key, value) in overlay {
            if value.isNull {
                object[key] = nil
            } else {
                object[key] = (object[key] ?? .null).overlaid(by: value)
            }
        }
        return .object(object)
    }

    fileprivate func value(at path: [String]) -> JSONValue? {
        var value: JSONValue? = self
        for step in path { value = value?[step] }
        return value
    }
}
