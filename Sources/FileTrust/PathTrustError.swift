import Glibc

/// Why a path is not used.
public struct PathTrustError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        /// The file does not exist.
        case missing
        /// The file cannot be inspected, opened or read.
        case inaccessible
        /// It is not the file, or not the directory, that was expected.
        case wrongKind
        /// Somebody else may have written it, or could write it.
        case untrusted
    }

    public var code: Code
    /// The path that was requested.
    public var path: String
    /// The component at fault: `path` itself, or a directory or link on the way to it.
    public var component: String
    /// What was found, and what to do; begins with the component.
    public var message: String

    public init(_ code: Code, path: String, component: String, message: String) {
        self.code = code
        self.path = path
        self.component = component
        self.message = message
    }

    public var description: String {
        code == .untrusted ? "\(path) is not trusted: \(message)" : message
    }

    static func system(_ what: String, _ errorNumber: CInt, path: String, component: String) -> PathTrustError {
        let reason = String(cString: strerror(errorNumber))
        let code: Code = errorNumber == ENOENT || errorNumber == ENOTDIR ? .missing : .inaccessible
        let at = component == path ? "" : " (\(component))"
        return PathTrustError(code, path: path, component: component, message: "\(path) \(what)\(at): \(reason)")
    }

    static func objection(
        _ objection: PathTrust.Objection, to status: FileStatus, as role: PathTrust.Role, by user: uid_t, path: String,
        component: String
    ) -> PathTrustError {
        func error(_ code: Code, _ message: String) -> PathTrustError {
            PathTrustError(code, path: path, component: component, message: message)
        }
        let danger =
            switch role {
            case .way, .directory: "who could replace what is in it"
            case .link: "who could point it elsewhere"
            case .file, .secret, .executable: "who could change it"
            }
        let mode = "(mode \(status.octalMode))"
        switch objection {
        case .owner:
            let owner = PrivateGroup.name(of: status.owner).map { " (\($0))" } ?? ""
            let trusted = user == 0 ? "root, which Berth runs as" : "root or user \(user), which Berth runs as"
            let flag = status.kind == .link ? "-h " : ""
            return error(
                .untrusted,
                "\(component) belongs to user \(status.owner)\(owner), \(danger). It must belong to \(trusted): run "
                    + "chown \(flag)\(user) \(component)"
                    + (user == 0 ? ", or run Berth as user \(status.owner)" : ", or use another place"))
        case .writableByAll:
            return error(.untrusted, "\(component) can be written by others \(mode). Run chmod go-w \(component)")
        case .writableByGroup:
            return error(
                .untrusted, "\(component) can be written by group \(status.group) \(mode). Run chmod g-w \(component)")
        case .readable:
            return error(
                .untrusted,
                "\(component) can be read by others \(mode), so its secret may have leaked. Remove it to get a new one "
                    + "at the next start, or run chmod 600 \(component) to keep it")
        case .setsUserOrGroup:
            return error(.untrusted, "\(component) is setuid or setgid \(mode). Run chmod ug-s \(component)")
        case .wrongKind:
            let expected = role == .directory ? "directory" : "file"
            return error(.wrongKind, "\(component) is not a \(expected)")
        }
    }
}
