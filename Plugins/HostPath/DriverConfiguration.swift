import DriverProtocol
import Glibc
import JSONTree

/// What drivers.json's `config` and the environment say.
struct DriverConfiguration {
    /// `basePath`, or `volumes` in the directory that `BERTH_DATA_DIR` names.
    let home: String?
    /// `allowedBasePaths`: where a StorageClass may put its volumes; empty: anywhere.
    private let allowed: [String]

    init(_ request: DriverRequest) throws(DriverError) {
        let config = request.driver.config
        for key in config.keys where key != "basePath" && key != "allowedBasePaths" {
            throw Self.invalid("has an unknown member '\(key)'; there are basePath and allowedBasePaths")
        }
        if let value = config["basePath"] {
            guard let path = value.stringValue else { throw Self.invalid("basePath must be a string") }
            home = try BasePath.checked(path, field: "driver.config.basePath")
        } else if let directory = getenv("BERTH_DATA_DIR").map({ String(cString: $0) }), !directory.isEmpty {
            home = try BasePath.checked(directory + "/volumes", field: "BERTH_DATA_DIR")
        } else {
            home = nil
        }
        if let value = config["allowedBasePaths"] {
            guard let paths = value.stringArray, paths.count == value.arrayValue?.count else {
                throw Self.invalid("allowedBasePaths must be an array of strings")
            }
            var allowed: [String] = []
            for path in paths { allowed.append(try BasePath.checked(path, field: "driver.config.allowedBasePaths")) }
            self.allowed = allowed
        } else {
            allowed = []
        }
    }

    /// The base directory of a new volume.
    func basePath(of parameters: ClassParameters) throws(DriverError) -> String {
        guard let path = parameters.basePath else {
            guard let home else {
                throw DriverError(
                    .invalidArgument,
                    "no base directory: give the class a parameter basePath, or the driver a basePath in drivers.json",
                    field: "parameters.basePath")
            }
            return home
        }
        guard allowed.isEmpty || path == home || allowed.contains(where: { BasePath.isWithin(path, $0) }) else {
            throw DriverError(
                .invalidArgument,
                "parameter \"basePath\" must be within \(allowed.joined(separator: " or ")), as drivers.json says",
                field: "parameters.basePath")
        }
        return path
    }

    private static func invalid(_ message: String) -> DriverError {
        DriverError(.failedPrecondition, "the driver's config in drivers.json \(message)", field: "driver.config")
    }
}
