import Glibc

/// What is mounted, as /proc/self/mountinfo says (proc(5)). Unlike stat(2) it does not hang on a server that is dead.
struct MountTable: Sendable, Hashable {
    /// The mounted file system's type by its mount point; of several at one place the last, which is the one on top.
    private let types: [String: String]

    init(parsing text: String) {
        types = Dictionary(
            Self.entries(text).map { ($0.mountPoint, $0.type) }, uniquingKeysWith: { _, last in last })
    }

    /// A line of it.
    struct Entry: Sendable, Hashable {
        /// What of the file system is mounted.
        var root: String
        var mountPoint: String
        var type: String
    }

    static func entries(_ text: String) -> [Entry] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            // 36 35 98:0 /root /mount/point options [optional fields] - type source options
            guard fields.count > 6, let mark = fields.dropFirst(6).firstIndex(of: "-"), mark + 1 < fields.count else {
                return nil
            }
            return Entry(
                root: unescaped(fields[3]), mountPoint: unescaped(fields[4]), type: String(fields[mark + 1]))
        }
    }

    /// Now.
    static func current() -> MountTable { MountTable(parsing: text(of: "/proc/self/mountinfo")) }

    func isMountPoint(_ path: String) -> Bool { fileSystem(at: path) != nil }

    /// The type of the file system that is mounted at just this path.
    func fileSystem(at path: String) -> String? { types[Self.resolved(path)] }

    /// The path as the kernel writes it. Its last component is not looked at: it may be the mount of a dead server.
    private static func resolved(_ path: String) -> String {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex,
            let parent = realpath(String(path[..<slash]), nil)
        else { return path }
        defer { free(parent) }
        return (strcmp(parent, "/") == 0 ? "" : String(cString: parent)) + path[slash...]
    }

    /// Space, tab, line feed and backslash are written as `\040`.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(3)
            if byte == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func text(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        // Without /proc nothing is known to be mounted.
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: buffer[..<count])
        }
    }
}
