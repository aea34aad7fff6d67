import Foundation

/// Where things lie when no option says otherwise.
enum Locations {
    /// `BERTH_DATA_DIR`; else `/var/lib/berth` for root, `~/.local/share/berth` for others.
    static func dataDirectory(
        environment: [String: String] = ProcessInfo.processInfo.environment, isRoot: Bool = geteuid() == 0
    ) -> String {
        if let directory = environment["BERTH_DATA_DIR"], !directory.isEmpty { return absolute(directory) }
        if isRoot { return "/var/lib/berth" }
        let shareHome = environment["XDG_DATA_HOME"] ?? (environment["HOME"] ?? ".") + "/.local/share"
        return absolute(shareHome + "/berth")
    }

    /// `BERTH_DRIVERS`; else `drivers.json` here if there is one, else the one in the data directory.
    ///
    /// Root's current directory is not searched: what drivers.json names runs with all rights, and being in a directory
    /// is no reason to run its programs.
    static func driversFile(
        dataDirectory: String, environment: [String: String] = ProcessInfo.processInfo.environment,
        isRoot: Bool = geteuid() == 0
    ) -> String {
        if let file = environment["BERTH_DRIVERS"], !file.isEmpty { return absolute(file) }
        let here = absolute("drivers.json")
        return !isRoot && FileManager.default.fileExists(atPath: here) ? here : dataDirectory + "/drivers.json"
    }

    /// What root is to be told where ``driversFile(dataDirectory:environment:isRoot:)`` passes over a `drivers.json`
    /// here.
    static var unreadDriversFile: String? {
        let here = absolute("drivers.json")
        let taken = driversFile(dataDirectory: dataDirectory())
        guard geteuid() == 0, ProcessInfo.processInfo.environment["BERTH_DRIVERS"]?.isEmpty ?? true, here != taken,
            FileManager.default.fileExists(atPath: here)
        else { return nil }
        return "ignoring \(here): root does not search the current directory for drivers.json. To use it, pass "
            + "--drivers \(here) or set BERTH_DRIVERS"
    }

    /// The kubeconfig that `berth serve` wrote; else the one that kubectl would take.
    static func kubeconfig(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        let own = dataDirectory(environment: environment) + "/kubeconfig"
        if FileManager.default.fileExists(atPath: own) { return own }
        if let first = environment["KUBECONFIG"]?.split(separator: ":").first { return String(first) }
        return own
    }

    static func absolute(_ path: String) -> String {
        URL(fileURLWithPath: path).standardizedFileURL.path
    }
}
