/// What is mounted where, as proc_pid_mountinfo(5) says. Read there and not asked of the file, since a file of a server
/// that is gone does not answer.
struct MountTable {
    struct Mount: Hashable {
        var source: String
        var type: String
    }

    private let mounts: [(target: String, mount: Mount)]

    static var current: MountTable { MountTable(TextFile.read("/proc/self/mountinfo")) }

    init(_ text: String) {
        mounts = text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard let separator = fields.firstIndex(of: "-"), fields.count > separator + 2, separator > 4 else {
                return nil
            }
            let mount = Mount(source: Self.unescaped(fields[separator + 2]), type: String(fields[separator + 1]))
            return (Self.unescaped(fields[4]), mount)
        }
    }

    /// The uppermost of those that lie at a path; `nil` where nothing is mounted.
    func mount(at target: String) -> Mount? { mounts.last { $0.target == target }?.mount }

    /// Spaces and their like are octal, as `\040`.
    private static func unescaped(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
