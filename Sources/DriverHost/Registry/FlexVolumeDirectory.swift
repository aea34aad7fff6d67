import Glibc

/// FlexVolume drivers where kubelet looks for them (probe.go): `<directory>/<vendor~driver>/<driver>`.
///
/// Folders whose names begin with a dot are none. A folder counts as soon as its executable is there under its name, so
/// that one that is installed as `.driver` and then renamed is never seen half.
struct FlexVolumeDirectory: Sendable, Hashable {
    /// What was found at one look.
    struct Content: Sendable, Hashable {
        /// By name.
        var drivers: [DriverEntry] = []
        var problems: [DriversFileProblem] = []
    }

    let path: String

    func content() -> Content {
        guard let folders = Self.names(in: path) else {
            let reason = systemErrorMessage(errno)
            return Content(problems: [
                DriversFileProblem(
                    file: path, line: nil, driver: nil,
                    message: "the directory cannot be read: \(reason). Make it, or correct 'flexVolumePluginDir'")
            ])
        }
        var content = Content()
        for folder in folders.sorted() where !folder.hasPrefix(".") {
            let executable = "\(path)/\(folder)/\(FlexVolume.executableName(inFolder: folder))"
            var status = stat()
            guard stat(executable, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            guard DriverEntryReader.isName(folder) else {
                content.problems.append(
                    DriversFileProblem(
                        file: path, line: nil, driver: nil,
                        message:
                            "\"\(folder)\" cannot be a driver's name: it has 1 to 63 letters, digits, '.', '_', '~' or "
                            + "'-', and begins with a letter or digit. Rename the folder"))
                continue
            }
            var entry = DriverEntry(
                name: folder, provisioners: DriverEntry.flexVolumeProvisioners(folder), executable: executable)
            entry.wireProtocol = .flexVolume
            content.drivers.append(entry)
        }
        return content
    }

    /// - Returns: `nil` when the directory cannot be read; errno says why.
    private static func names(in directory: String) -> [String]? {
        guard let entries = opendir(directory) else { return nil }
        defer { closedir(entries) }
        var names: [String] = []
        while let entry = readdir(entries) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}

extension DriverEntry {
    /// What a FlexVolume driver serves where nothing else is said: the name by which PersistentVolumes know it. It makes
    /// no volumes; a claim whose class names it is told just that.
    static func flexVolumeProvisioners(_ name: String) -> [String] {
        let provisioner = FlexVolume.driverName(ofFolder: name)
        return DriverEntryReader.isProvisioner(provisioner) ? [provisioner] : []
    }
}

extension DriversFile {
    /// The file with the FlexVolume drivers that are found in its directory now, behind its own. What the file says itself
    /// counts: a driver of the same name, and a provisioner that is taken.
    public func withFoundDrivers() -> DriversFile {
        adding(flexVolumeDirectory.map { FlexVolumeDirectory(path: $0).content() } ?? FlexVolumeDirectory.Content())
    }
}
