import Glibc

/// Walks a path from the root, component by component and link by link, and has a ``PathTrust`` judge each.
///
/// The result stays valid: nobody else can create, rename or remove an entry in any directory on the way. A path that
/// was walked therefore names the same file when it is opened afterwards.
public struct PathWalk: Sendable {
    /// Where a path leads.
    public struct Destination: Sendable, Hashable {
        /// Free of links, `.` and `..`.
        public var path: String
        public var status: FileStatus
    }

    /// As many as the kernel follows (path_resolution(7)).
    private static let mostLinks = 40

    private let trust: PathTrust

    public init(_ trust: PathTrust = PathTrust()) {
        self.trust = trust
    }

    /// - Parameters:
    ///   - path: Absolute.
    ///   - role: What the path has to lead to.
    /// - Throws: ``PathTrustError`` for the first component that is missing or not trusted.
    public func destination(of path: String, as role: PathTrust.Role) throws(PathTrustError) -> Destination {
        // The directories entered, from the root, and the components still to walk.
        var entered: [String] = []
        var remaining: [String] = Self.components(path).reversed()
        var links = 0
        var here = try status(of: "/", path)
        while let name = remaining.popLast() {
            if name == "." { continue }
            if name == ".." {
                if !entered.isEmpty { entered.removeLast() }
                here = try status(of: joined(entered), path)
                continue
            }
            let component = joined(entered + [name])
            let next = try status(of: component, path)
            do throws(PathTrustError) {
                try judge(here, as: .way(to: next), path, joined(entered))
            } catch {
                // Where the sticky bit would do, it is the owner of what comes next that is at fault.
                guard error.code == .untrusted, here.mode & S_ISVTX != 0 else { throw error }
                try judge(
                    next, as: next.kind == .directory ? .directory : next.kind == .link ? .link : .file, path, component
                )
                throw error
            }
            if next.kind == .link {
                try judge(next, as: .link, path, component)
                links += 1
                guard links <= Self.mostLinks else {
                    throw .system("cannot be found", ELOOP, path: path, component: component)
                }
                let target = try target(of: component, path)
                if target.utf8.first == UInt8(ascii: "/") { entered = [] }
                remaining += Self.components(target).reversed()
                here = try status(of: joined(entered), path)
            } else {
                guard next.kind == .directory || remaining.isEmpty else {
                    throw .system("cannot be found", ENOTDIR, path: path, component: component)
                }
                entered.append(name)
                here = next
            }
        }
        let found = joined(entered)
        try judge(here, as: role, path, found)
        return Destination(path: found, status: here)
    }

    private func judge(
        _ status: FileStatus, as role: PathTrust.Role, _ path: String, _ component: String
    ) throws(PathTrustError) {
        guard let objection = trust.objection(to: status, as: role) else { return }
        throw .objection(objection, to: status, as: role, by: trust.user, path: path, component: component)
    }

    /// By bytes, as the kernel reads a path: "/" and a combining mark behind it are one `Character`, which is no "/", and
    /// the directory before it would not be judged.
    private static func components(_ path: String) -> [String] {
        path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
    }

    private func joined(_ names: [String]) -> String { "/" + names.joined(separator: "/") }

    private func status(of component: String, _ path: String) throws(PathTrustError) -> FileStatus {
        var found = stat()
        guard lstat(component, &found) == 0 else {
            throw .system("cannot be found", errno, path: path, component: component)
        }
        return FileStatus(found, path: component)
    }

    private func target(of link: String, _ path: String) throws(PathTrustError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink(link, &buffer, buffer.count)
        guard count >= 0 else { throw .system("cannot be found", errno, path: path, component: link) }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
