import DriverProtocol
import JSONTree

/// What drivers.json's `config` says: any of the class's parameters, for classes that do not say, and as whom the driver
/// speaks to servers.
struct DriverConfiguration: Sendable {
    let defaults: [String: String]
    let credential: RPCCredential

    init(_ request: DriverRequest) throws(DriverError) {
        var defaults: [String: String] = [:]
        var credential = RPCCredential.ownProcess
        for (name, value) in request.driver.config {
            switch name {
            case "credentialUID": credential.uid = try Self.identity(name, value)
            case "credentialGID": credential.gid = try Self.identity(name, value)
            default:
                guard ClassParameters.names.contains(name) else {
                    throw Self.invalid(
                        "has an unknown member '\(name)'; there are credentialUID, credentialGID and the parameters of a class"
                    )
                }
                defaults[name] =
                    switch value {
                    case .string(let text): text
                    case .integer(let integer): String(integer)
                    case .bool(let bool): bool ? "true" : "false"
                    default: throw Self.invalid("'\(name)' must be a string, an integer or a boolean")
                    }
            }
        }
        self.defaults = defaults
        self.credential = credential
    }

    private static func identity(_ name: String, _ value: JSONValue) throws(DriverError) -> UInt32 {
        guard let identity = value.integerValue.flatMap({ UInt32(exactly: $0) }) else {
            throw invalid("'\(name)' must be a user's or a group's number")
        }
        return identity
    }

    private static func invalid(_ message: String) -> DriverError {
        DriverError(.failedPrecondition, "the driver's config in drivers.json \(message)", field: "driver.config")
    }
}
