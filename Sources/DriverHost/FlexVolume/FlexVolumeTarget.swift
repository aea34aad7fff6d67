import DriverProtocol
import Glibc

/// The directory at which a call mounts or unmounts, of which kubelet takes care around the call: it is made before, and
/// removed after; what is mounted already is not mounted again, and what is not there is not unmounted.
///
/// Drivers were written to that: they take the directory for granted, and many would mount a second time.
struct FlexVolumeTarget: Sendable {
    private let verb: Verb
    private let path: String

    /// - Returns: `nil` for a call without such a directory.
    init?(_ request: DriverRequest) {
        verb = request.verb
        switch verb {
        case .mount, .unmount: path = request.target ?? ""
        case .mountDevice, .unmountDevice: path = request.stagingTarget ?? ""
        default: return nil
        }
    }

    private var isMounting: Bool { verb == .mount || verb == .mountDevice }

    /// - Returns: Why the driver need not be called; `nil` when it must.
    /// - Throws: ``ExecutableProblem`` when the directory cannot be made.
    func prepare(_ mounts: MountTable) throws(ExecutableProblem) -> String? {
        let isMounted = mounts.isMountPoint(path)
        if isMounting {
            if isMounted { return "something is mounted at \(path) already, so the driver was not called" }
            try makeDirectory()
            return nil
        }
        guard !isMounted else { return nil }
        if verb == .unmountDevice {
            try removeDirectory()
            return "nothing is mounted at \(path), so the driver was not called"
        }
        // Some drivers mount nothing and make a link or files: they are called as long as there is something.
        var status = stat()
        guard lstat(path, &status) != 0, errno == ENOENT || errno == ENOTDIR else { return nil }
        return "there is no \(path), so the driver was not called"
    }

    /// - Throws: ``ExecutableProblem`` when something is left in the directory, and so was not unmounted.
    func finish() throws(ExecutableProblem) {
        if !isMounting { try removeDirectory() }
    }

    private func makeDirectory() throws(ExecutableProblem) {
        var made = ""
        for component in path.utf8.split(separator: UInt8(ascii: "/")) {
            made += "/\(Substring(component))"
            guard mkdir(made, 0o750) != 0, errno != EEXIST else { continue }
            throw ExecutableProblem(message: "the directory \(made) cannot be made: \(systemErrorMessage(errno))")
        }
    }

    private func removeDirectory() throws(ExecutableProblem) {
        guard remove(path) != 0, errno != ENOENT else { return }
        throw ExecutableProblem(
            message: "\(path) cannot be removed after it: \(systemErrorMessage(errno))")
    }
}
