import Glibc
import JSONTree

/// What stands in drivers.json: `{"apiVersion": "berth.dev/v1", "drivers": [ … ]}`, and beside them, where there is one,
/// the `flexVolumePluginDir`.
///
/// Each entry is read on its own, so that one that is wrong leaves the others working.
public struct DriversFile: Sendable {
    public struct Entry: Sendable, Hashable {
        public var driver: DriverEntry
        /// Where it begins in the file, counted from 1; `nil`: it stands in none, and was found in
        /// ``DriversFile/flexVolumeDirectory``.
        public var line: Int?
    }

    public static let apiVersion = "berth.dev/v1"

    public let path: String
    /// An absolute path: below it FlexVolume drivers are found as kubelet finds them.
    public private(set) var flexVolumeDirectory: String?
    /// The entries that are right, in the file's order.
    public private(set) var entries: [Entry] = []
    /// What is wrong with the others.
    public private(set) var problems: [DriversFileProblem] = []

    /// - Throws: ``DriversFileProblem`` when the file as a whole cannot be used: it is no JSON, or of another version.
    public init(parsing bytes: [UInt8], path: String) throws(DriversFileProblem) {
        self.path = path
        let spans = try Self.spans(of: bytes, path: path)
        for range in try Self.entrySpans(spans, path: path) {
            read(range, spans)
        }
        flexVolumeDirectory = try Self.flexVolumeDirectory(spans, path: path)
    }

    private mutating func read(_ range: Range<Int>, _ spans: JSONSpans) {
        var problem = DriversFileProblem(file: path, line: spans.line(of: range.lowerBound), driver: nil, message: "")
        do throws(JSONParseError) {
            let json = try JSONParser.parse(spans.bytes[range])
            problem.driver = json["name"]?.stringValue
            problem.provisioners = json["provisioners"]?.stringArray ?? []
            do throws(DriverEntryReader.Failure) {
                let entry = try DriverEntryReader.read(json, directory: Self.directory(of: path))
                problem.message = conflict(of: entry) ?? ""
                if problem.message.isEmpty {
                    entries.append(Entry(driver: entry, line: spans.line(of: range.lowerBound)))
                    return
                }
            } catch {
                problem.message = error.message
                let member = error.key.flatMap { key in spans.members(of: range).first { $0.key == key } }
                if let member { problem.line = spans.line(of: member.keyStart) }
            }
        } catch {
            // Syntax is checked already; what is left is a key that stands twice.
            problem.line = spans.line(of: range.lowerBound) + error.line - 1
            problem.message = error.message
        }
        problems.append(problem)
    }

    func adding(_ found: FlexVolumeDirectory.Content) -> DriversFile {
        var file = self
        file.problems += found.problems
        for var driver in found.drivers where !entries.contains(where: { $0.driver.name == driver.name }) {
            driver.provisioners.removeAll { taken in entries.contains { $0.driver.provisioners.contains(taken) } }
            file.entries.append(Entry(driver: driver, line: nil))
        }
        return file
    }

    /// `drivers.json:14`, or where it was found.
    func place(of entry: Entry) -> String { entry.line.map { "\(path):\($0)" } ?? entry.driver.executable }

    /// Names and provisioners belong to one driver each; the first entry has them.
    private func conflict(of entry: DriverEntry) -> String? {
        if let other = entries.first(where: { $0.driver.name == entry.name }) {
            return "the name is taken by the driver in line \(other.line ?? 0). Names are unique"
        }
        for provisioner in entry.provisioners {
            guard let other = entries.first(where: { $0.driver.provisioners.contains(provisioner) }) else { continue }
            return
                "the provisioner \"\(provisioner)\" is served by driver '\(other.driver.name)' in line \(other.line ?? 0) "
                + "already. Remove it from one of the two"
        }
        return nil
    }
}

extension DriversFile {
    private static let known = ["apiVersion", "drivers", "flexVolumePluginDir"]

    private static func flexVolumeDirectory(_ spans: JSONSpans, path: String) throws(DriversFileProblem) -> String? {
        guard let member = spans.members(of: spans.root).last(where: { $0.key == "flexVolumePluginDir" }) else {
            return nil
        }
        // Valid JSON already, as the whole file is.
        guard let directory = (try? JSONParser.parse(spans.bytes[member.value]))?.stringValue, !directory.isEmpty else {
            throw DriversFileProblem(
                file: path, line: spans.line(of: member.keyStart), driver: nil,
                message: "'flexVolumePluginDir' is a string: the directory in which FlexVolume drivers are, each as "
                    + "<vendor~driver>/<driver>")
        }
        return directory.hasPrefix("/") ? directory : "\(Self.directory(of: path))/\(directory)"
    }

    static func spans(of bytes: [UInt8], path: String) throws(DriversFileProblem) -> JSONSpans {
        do throws(JSONParseError) {
            // Keys that stand twice are a fault of their entry, not of the file.
            _ = try JSONParser.parse(bytes, duplicateKeys: .keepLast)
        } catch {
            throw DriversFileProblem(
                file: path, line: error.line, driver: nil,
                message: "not valid JSON, column \(error.column): \(error.message)")
        }
        return JSONSpans(bytes: bytes)
    }

    /// Where each entry of `drivers` stands.
    static func entrySpans(_ spans: JSONSpans, path: String) throws(DriversFileProblem) -> [Range<Int>] {
        func problem(at offset: Int, _ message: String) -> DriversFileProblem {
            DriversFileProblem(file: path, line: spans.line(of: offset), driver: nil, message: message)
        }
        let members = spans.members(of: spans.root)
        guard let version = members.first(where: { $0.key == "apiVersion" }),
            String(decoding: spans.bytes[version.value], as: UTF8.self) == "\"\(apiVersion)\""
        else {
            let line = members.first { $0.key == "apiVersion" }?.keyStart ?? spans.root.lowerBound
            throw problem(at: line, "the file begins with {\"apiVersion\": \"\(apiVersion)\", \"drivers\": [ … ]}")
        }
        guard let drivers = members.last(where: { $0.key == "drivers" }),
            spans.bytes[drivers.value.lowerBound] == UInt8(ascii: "[")
        else { throw problem(at: spans.root.lowerBound, "'drivers' is missing, or is no array") }
        if let unknown = members.first(where: { !Self.known.contains($0.key) }) {
            throw problem(
                at: unknown.keyStart,
                "the field '\(unknown.key)' is not known; there are \(Self.known.joined(separator: ", "))")
        }
        return spans.elements(of: drivers.value)
    }

    /// Always absolute: a driver is executed in a working directory of its own.
    static func directory(of path: String) -> String {
        let path = absolutePath(path)
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash != path.utf8.startIndex else { return "/" }
        return String(path[..<slash])
    }
}

/// A path as seen from the current directory.
func absolutePath(_ path: String) -> String {
    guard !path.hasPrefix("/"), let directory = getcwd(nil, 0) else { return path }
    defer { free(directory) }
    return String(cString: directory) + "/" + path
}
