/// A StorageClass parameter that cannot be right, whatever the driver says. It stays wrong until the class changes.
struct ClassParameterError: Error, Sendable, Hashable, CustomStringConvertible {
    var parameter: String
    var message: String

    var description: String { "StorageClass parameter \(parameter): \(message)" }
}
