import DriverProtocol
import FileTrust
import Glibc
import JSONTree

extension DriversFile {
    /// The file with one more entry at the end; all that stood there stays byte for byte as it was.
    ///
    /// - Parameter bytes: The file as it is; `nil` when there is none yet.
    /// - Parameter executable: As it shall stand in the file: absolute, or relative to it.
    /// - Throws: ``DriversFileProblem`` when the file cannot be read, or the entry would be wrong in it.
    public static func adding(
        _ entry: DriverEntry, executable: String, to bytes: [UInt8]?, path: String
    ) throws(DriversFileProblem) -> [UInt8] {
        let old = bytes ?? Array("{\n  \"apiVersion\": \"\(apiVersion)\",\n  \"drivers\": []\n}\n".utf8)
        let spans = try spans(of: old, path: path)
        let elements = try entrySpans(spans, path: path)
        let text = json(of: entry, executable: executable).prettyPrinted(indentation: 4)
        var new = old
        if let last = elements.last {
            new.insert(contentsOf: Array(",\n    \(text)".utf8), at: last.upperBound)
        } else {
            guard let drivers = spans.members(of: spans.root).last(where: { $0.key == "drivers" }) else { return old }
            new.replaceSubrange(drivers.value, with: Array("[\n    \(text)\n  ]".utf8))
        }
        // Read as the host will read it: a name or provisioner that is taken shows here.
        let file = try DriversFile(parsing: new, path: path)
        guard file.entries.count > (try DriversFile(parsing: old, path: path)).entries.count,
            file.entries.contains(where: {
                $0.driver.name == entry.name
                    && (entry.provisioners.isEmpty || $0.driver.provisioners == entry.provisioners)
            })
        else {
            throw file.problems.last
                ?? DriversFileProblem(
                    file: path, line: nil, driver: entry.name, message: "the entry cannot be read back")
        }
        return new
    }

    /// The file without the entries of this name, of which a faulty file may have several; all others stay byte for byte
    /// as they were.
    ///
    /// - Throws: ``DriversFileProblem`` when the file cannot be read, or has no such entry.
    public static func removing(_ name: String, from bytes: [UInt8], path: String) throws(DriversFileProblem) -> [UInt8]
    {
        let spans = try spans(of: bytes, path: path)
        let elements = try entrySpans(spans, path: path)
        func driverName(_ range: Range<Int>) -> String? {
            guard let member = spans.members(of: range).last(where: { $0.key == "name" }) else { return nil }
            return (try? JSONParser.parse(bytes[member.value]))?.stringValue
        }
        let others = elements.indices.filter { driverName(elements[$0]) != name }
        guard let first = elements.first, let last = elements.last, others.count < elements.count else {
            let names = elements.compactMap(driverName).joined(separator: ", ")
            throw DriversFileProblem(
                file: path, line: nil, driver: nil,
                message: "there is no driver '\(name)'" + (names.isEmpty ? "" : "; there are \(names)"))
        }
        var new = Array(bytes[..<first.lowerBound])
        for (count, position) in others.enumerated() {
            // With the comma that parts it from the entry before it.
            let start = count == 0 ? elements[position].lowerBound : elements[position - 1].upperBound
            new += bytes[start..<elements[position].upperBound]
        }
        return new + bytes[last.upperBound...]
    }

    private static func json(of entry: DriverEntry, executable: String) -> JSONValue {
        var json: JSONValue = ["name": .string(entry.name)]
        // A FlexVolume driver without any has its own name as one.
        if !entry.provisioners.isEmpty { json["provisioners"] = JSONValue(entry.provisioners) }
        json["exec"] = .string(executable)
        if entry.wireProtocol != .berth { json["protocol"] = .string(entry.wireProtocol.rawValue) }
        if let mode = entry.mode { json["mode"] = .string(mode.rawValue) }
        if !entry.config.isEmpty { json["config"] = .object(entry.config) }
        if !entry.environment.isEmpty { json["env"] = JSONValue(entry.environment) }
        var timeouts = entry.timeouts.map { ($0.key.rawValue, $0.value) }.sorted { $0.0 < $1.0 }
        if let fallback = entry.defaultTimeout { timeouts.append(("default", fallback)) }
        if !timeouts.isEmpty {
            json["timeouts"] = .object(JSONObject(timeouts.map { ($0, seconds($1)) }))
        }
        if let concurrency = entry.concurrency { json["concurrency"] = .integer(Int64(concurrency)) }
        if let runAs = entry.runAs { json["runAs"] = .string(runAs) }
        if let sha256 = entry.sha256 { json["sha256"] = .string(sha256) }
        return json
    }

    private static func seconds(_ duration: Duration) -> JSONValue {
        let milliseconds = duration.milliseconds
        return milliseconds % 1000 == 0 ? .integer(milliseconds / 1000) : .number("\(Double(milliseconds) / 1000)")
    }
}

extension DriversFile {
    /// The largest file that is read: nobody writes more by hand, and a device file never ends.
    private static let maximumBytes = 4 << 20

    /// - Returns: `nil` when there is no such file.
    /// - Throws: ``DriversFileProblem`` if the file cannot be read, or somebody else may have written it.
    public static func bytes(at path: String) throws(DriversFileProblem) -> [UInt8]? {
        do throws(PathTrustError) {
            return try TrustedFile.read(absolutePath(path), as: .file, maximumBytes: maximumBytes)
        } catch {
            var problem = DriversFileProblem(file: path, line: nil, driver: nil, message: error.message)
            problem.isUntrusted = error.code == .untrusted
            if problem.isUntrusted { problem.message = "the file is not trusted: \(error.message)" }
            throw problem
        }
    }

    /// Replaces the file in one step: after a crash it holds either the old or the new text, on disk.
    public static func write(_ bytes: [UInt8], to path: String) throws(DriversFileProblem) {
        var status = stat()
        // An existing file keeps its mode; a link is followed, so that it stays a link.
        let mode = stat(path, &status) == 0 ? status.st_mode & 0o777 : 0o644
        let target = resolved(path)
        let temporary = "\(target).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw systemProblem("cannot be written as \(temporary)", path) }
        var isWritten = fchmod(descriptor, mode) == 0
        var position = 0
        while isWritten, position < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(descriptor, bytes.baseAddress.map { $0 + position }, bytes.count - position)
            }
            if count > 0 { position += count } else { isWritten = errno == EINTR }
        }
        isWritten = isWritten && fsync(descriptor) == 0
        let reason = errno
        close(descriptor)
        guard isWritten, rename(temporary, target) == 0 else {
            if isWritten == false { errno = reason }
            let problem = systemProblem("cannot be replaced", path)
            unlink(temporary)
            throw problem
        }
        let directory = open(directory(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw systemProblem("was replaced, but its directory cannot be synced", path) }
        defer { close(directory) }
        guard fsync(directory) == 0 else {
            throw systemProblem("was replaced, but its directory cannot be synced", path)
        }
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func systemProblem(_ what: String, _ path: String) -> DriversFileProblem {
        DriversFileProblem(file: path, line: nil, driver: nil, message: "\(what): \(systemErrorMessage(errno))")
    }
}
