import Glibc
import JSONTree

/// What the faulty driver remembers: one JSON file in its working directory, written whole, under a lock that ends with
/// the process that holds it.
struct FaultyStore: Sendable {
    private static let file = "state.json"

    /// Runs `body` on the state, alone among all processes and threads, and keeps what it made of it, also when it
    /// throws.
    func change<Answer>(_ body: (inout FaultyState) throws -> Answer) throws -> Answer {
        let lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw Refusal("UNAVAILABLE", "there is no lock") }
        defer { close(lock) }
        var state = FaultyState(json: readFile(Self.file).flatMap { try? JSONParser.parse($0) } ?? [:])
        let before = state.json
        defer { if state.json != before { save(state) } }
        return try body(&state)
    }

    /// Within ``change(_:)``: what is kept if the process is killed after this.
    func save(_ state: FaultyState) {
        let descriptor = open("\(Self.file).new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        writeAll(descriptor, state.json.encoded)
        close(descriptor)
        rename("\(Self.file).new", Self.file)
    }
}

/// Volumes and snapshots by name, attachments by volume.
struct FaultyState {
    fileprivate(set) var json: JSONValue

    subscript(kind: String, name: String) -> JSONValue? {
        get { json[kind]?[name] }
        set { json.set(newValue, at: kind, name) }
    }

    /// Sorted by name.
    func all(_ kind: String) -> [(name: String, value: JSONValue)] {
        (json[kind]?.objectValue ?? [:]).map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
    }
}
