import Glibc

/// The executables that were built together with the running tests.
public enum BuiltProducts {
    public struct NotBuilt: Error, CustomStringConvertible {
        public let product: String
        public let directory: String

        public var description: String {
            "no executable '\(product)' in \(directory): list its target among the test target's dependencies"
        }
    }

    /// The absolute path of a product, or of the executable target behind it.
    ///
    /// A package that declares the product `hostpath-driver` builds a file of that name; one without products builds
    /// the target, `HostPathDriver`. Dashes and letter case are all that differs. Where both lie there, the newer is
    /// the one that was built with these tests.
    ///
    /// - Throws: ``NotBuilt``.
    public static func path(of product: String) throws -> String {
        let directory = try directory()
        guard let entries = opendir(directory) else { throw NotBuilt(product: product, directory: directory) }
        defer { closedir(entries) }
        var newest: (path: String, built: timespec)?
        while let entry = readdir(entries) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard folded(name) == folded(product) else { continue }
            let path = "\(directory)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else {
                continue
            }
            if let known = newest?.built,
                (known.tv_sec, known.tv_nsec) >= (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
            {
                continue
            }
            newest = (path, status.st_mtim)
        }
        guard let newest else { throw NotBuilt(product: product, directory: directory) }
        return newest.path
    }

    /// Tests run from an executable of their own, beside the products.
    private static func directory() throws -> String {
        guard let resolved = realpath("/proc/self/exe", nil) else {
            throw NotBuilt(product: "", directory: "/proc/self/exe")
        }
        defer { free(resolved) }
        let path = String(cString: resolved)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    private static func folded(_ name: String) -> String {
        name.lowercased().filter { $0 != "-" }
    }
}
