import FileTrust
import Glibc

/// Where and with which variables a driver runs: nothing of the host's own environment reaches it.
struct DriverEnvironment: Sendable {
    private static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    let variables: [String: String]
    let directory: String
    let user: UserIdentity?

    /// Makes the driver's working directory, `DATA/drivers/NAME`, where it may keep what it likes.
    ///
    /// - Parameter dataDirectory: The host's; drivers find it as `BERTH_DATA_DIR`. `nil`: the driver runs in `/`, as for
    ///   a trial call without a host.
    /// - Throws: ``ExecutableProblem`` when the directory cannot be made or `runAs` names nobody.
    init(entry: DriverEntry, dataDirectory: String?) throws(ExecutableProblem) {
        user = if let runAs = entry.runAs { try UserIdentity.lookUp(runAs) } else { nil }
        var variables = ["PATH": Self.searchPath, "LANG": "C.UTF-8"]
        if let user {
            // The host's data directory is closed to other users.
            directory = "/"
            variables["HOME"] = user.homeDirectory
            variables["TMPDIR"] = "/tmp"
        } else if let dataDirectory {
            directory = "\(dataDirectory)/drivers/\(entry.name)"
            variables["HOME"] = directory
            variables["TMPDIR"] = "\(directory)/tmp"
            try Self.makeDirectories([dataDirectory, "\(dataDirectory)/drivers", directory, "\(directory)/tmp"])
        } else {
            directory = "/"
            variables["HOME"] = "/"
            variables["TMPDIR"] = "/tmp"
        }
        if let dataDirectory { variables["BERTH_DATA_DIR"] = dataDirectory }
        self.variables = variables.merging(entry.environment) { $1 }
    }

    private static func makeDirectories(_ paths: [String]) throws(ExecutableProblem) {
        for path in paths where mkdir(path, 0o700) != 0 && errno != EEXIST {
            throw ExecutableProblem(
                message: "the driver's working directory \(path) cannot be made: \(systemErrorMessage(errno))")
        }
        for path in paths {
            do throws(PathTrustError) {
                _ = try PathWalk().destination(of: path, as: .directory)
            } catch {
                throw ExecutableProblem(message: "the driver's working directory \(error)")
            }
        }
    }
}
