import Glibc
import JSONTree

extension FaultyDriver {
    /// A name as a file's; names that lead elsewhere are only taken by a driver with that fault.
    static func fileName(_ name: String) -> String { String(name.map { $0 == "/" ? "_" : $0 }) }

    /// Absolute: the working directory is the driver's own.
    func directory(_ name: String) -> String {
        guard let current = getcwd(nil, 0) else { return "/nowhere" }
        defer { free(current) }
        return "\(String(cString: current))/volume-\(Self.fileName(name))"
    }

    func checkSource(_ request: JSONValue, _ state: FaultyState) throws {
        guard let source = request["volume"]?["contentSource"], !fault.breaks("R-SNAP-6") else { return }
        guard try sourceDirectory(source, state) != nil else {
            throw Refusal("NOT_FOUND", "the source is not there", field: "volume.contentSource")
        }
    }

    private func sourceDirectory(_ source: JSONValue, _ state: FaultyState) throws -> String? {
        if let id = source["snapshot"]?["id"] {
            return state.all("snapshots").first { $0.value["id"] == id }.map { directory("snapshot-\($0.name)") }
        }
        let id = source["volume"]?["id"]
        return state.all("volumes").first { $0.value["id"] == id }.map { directory($0.name) }
    }

    func makeContent(_ name: String, _ volume: inout JSONValue, _ request: JSONValue, _ state: FaultyState) throws {
        mkdir(directory(name), 0o755)
        guard let source = volume["contentSource"] else { return }
        if !fault.breaks("R-SNAP-5"), let original = try sourceDirectory(source, state) {
            Self.copy(original, to: directory(name))
        }
    }

    /// One file is all that tests write.
    static func copy(_ source: String, to target: String) {
        guard let content = readFile("\(source)/berth-check") else { return }
        let descriptor = open("\(target)/berth-check", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        writeAll(descriptor, content)
        close(descriptor)
    }

    func removeContent(_ directory: String) {
        unlink("\(directory)/berth-check")
        rmdir(directory)
    }
}
