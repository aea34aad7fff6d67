import DriverProtocol
import KubernetesAPI

/// Why a claim would never get a volume made: nothing but another claim, or another class, would help.
struct ForecastRefusal: Sendable, Hashable {
    var message: String
    /// The claim's field that is to blame.
    var field: String

    init(_ message: String, field: String) {
        self.message = message
        self.field = field
    }

    /// A driver's answer, in the words that the claim's event would have.
    init(_ error: DriverError, of driver: String, _ intent: ProvisioningIntent) {
        message = ProvisioningFailure(error, intent: intent, driver: driver, callID: nil).message
        field = Self.field(error.field ?? "")
    }

    /// Whether an answer to `validate` stays the same until somebody changes claim or class. Room, quotas, credentials
    /// and backends come and go.
    static func isCertain(_ error: DriverError) -> Bool {
        error.outcome == .final && [.invalidArgument, .outOfRange, .unimplemented].contains(error.code)
    }

    func status(_ claim: PersistentVolumeClaim) -> StatusError {
        .invalid(
            .persistentVolumeClaim, claim.name,
            [StatusError.Cause(reason: "FieldValueInvalid", message: "Invalid value: \(message)", field: field)])
    }

    /// A request's field, as a claim has it.
    private static func field(_ field: String) -> String {
        switch field {
        case "volume.capacityBytes": "spec.resources.requests[storage]"
        case "volume.limitBytes": "spec.resources.limits[storage]"
        case "volume.accessModes": "spec.accessModes"
        case "volume.volumeMode": "spec.volumeMode"
        case "volume.contentSource": "spec.dataSource"
        case _ where field.hasPrefix("claim.annotations"): "metadata.annotations"
        case _ where field.hasPrefix("claim.labels"): "metadata.labels"
        // The parameters, mount options, secrets and topology are all the class's.
        default: "spec.storageClassName"
        }
    }
}
