import DriverProtocol
import KubernetesAPI

/// A StorageClass held against what its driver says of itself.
///
/// Pure. What is wrong for certain is a fault; what may be meant so, or cannot be known now, is a warning.
struct ClassReview: Sendable, Hashable {
    private(set) var faults: [StatusError.Cause] = []
    private(set) var warnings: [String] = []

    init(_ storageClass: StorageClass, _ standing: DriverStanding) {
        guard storageClass.provisioner != StorageClass.noProvisioner else { return }
        switch standing {
        case .missing(let others):
            warnings = [DriverStanding.nobodyServes(storageClass.provisioner, others: others)]
        case .starting(let driver):
            warnings = [
                "the class could not be checked: driver \(driver) is just starting. If something is wrong, an event of "
                    + "the class will say so"
            ]
        case .broken(let driver, let reason):
            warnings = ["the class could not be checked: driver \(driver) cannot be called: \(reason)"]
        case .known(let driver, let info):
            checkParameters(storageClass, driver, info)
            checkCapabilities(storageClass, driver, info)
        }
    }

    private mutating func checkParameters(_ storageClass: StorageClass, _ driver: String, _ info: DriverInfo) {
        var parameters = storageClass.parameters
        do throws(ClassParameterError) {
            let read = try ClassParameters(parameters)
            parameters = read.driverParameters
            try read.checkSecretTemplates()
        } catch {
            faults.append(
                .init(reason: "FieldValueInvalid", "Invalid value", parameter: error.parameter, error.message))
            parameters = parameters.filter { !$0.key.hasPrefix(ClassParameters.reservedPrefix) }
        }
        // Without a schema a driver takes any.
        guard let json = info.parameters else { return }
        do throws(ProtocolError) {
            let schema = try ParameterSchema(json: json)
            do throws(InvalidParameters) {
                _ = try schema.validate(parameters)
            } catch {
                faults += error.violations.map { StatusError.Cause($0, driver: driver) }
            }
        } catch {
            warnings.append(
                "the parameters could not be checked: the schema that driver \(driver) gives for them is wrong: \(error)"
            )
        }
    }

    private mutating func checkCapabilities(_ storageClass: StorageClass, _ driver: String, _ info: DriverInfo) {
        if !info.supports(.provision) {
            warnings.append(
                "provisioner: driver \(driver) makes no volumes; claims of this class wait for PersistentVolumes that "
                    + "somebody creates")
        } else if storageClass.reclaimPolicy == .delete, !info.supports(.delete) {
            warnings.append("reclaimPolicy: driver \(driver) cannot delete volumes; use Retain")
        }
        if storageClass.allowsVolumeExpansion, !info.supports(.expandVolume) {
            warnings.append(
                "allowVolumeExpansion: driver \(driver) cannot expand volumes; claims of this class keep the size that "
                    + "they begin with")
        }
        if !storageClass.allowedTopologies.isEmpty, !info.supports(.topology) {
            warnings.append(
                "allowedTopologies: driver \(driver) knows no topology; volumes are made wherever it makes them")
        }
    }
}

extension StatusError.Cause {
    fileprivate init(reason: String, _ what: String, parameter: String, _ message: String) {
        self.init(reason: reason, message: "\(what): \(message)", field: "parameters[\(parameter)]")
    }

    fileprivate init(_ violation: InvalidParameters.Violation, driver: String) {
        let message = "driver \(driver): \(violation.message)"
        switch violation.fault {
        case .missing:
            self.init(reason: "FieldValueRequired", "Required value", parameter: violation.parameter, message)
        case .invalid:
            self.init(reason: "FieldValueInvalid", "Invalid value", parameter: violation.parameter, message)
        case .unknown:
            let own =
                ClassParameters.reservedKey(meantBy: violation.parameter)
                .map { "; for every driver there is \($0)" } ?? ""
            self.init(
                reason: "FieldValueNotSupported", "Unsupported value", parameter: violation.parameter, message + own)
        }
    }

    /// As the end of a sentence.
    var text: String { "\(field): \(message)" }
}
