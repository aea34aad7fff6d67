/// Why no driver is asked for a claim at all. Nothing was recorded, nothing was made, and it stays so until somebody
/// changes class, claim or node.
struct ProvisioningRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    var message: String
    /// The claim's field that is to blame.
    var field: String

    init(_ message: String, field: String = "spec.storageClassName") {
        self.message = message
        self.field = field
    }

    var description: String { message }
}
