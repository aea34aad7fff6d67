import KubernetesAPI

/// The Secret that a class names for a call, read.
enum SecretLookup: Sendable {
    case found([String: String])
    case missing
    /// Its values cannot be decoded; the text names the secret and no value.
    case unreadable(String)

    /// - Throws: What the API throws, apart from `NotFound`.
    init(_ reference: SecretReference, _ objects: any ResourceClient) async throws {
        do {
            let secret = Secret(try await objects.get(.secret, reference.key))
            do throws(Base64.DecodingError) {
                self = .found(try secret.strings())
            } catch {
                self = .unreadable("secret \(reference) cannot be read: \(error)")
            }
        } catch let error as StatusError where error.reason == .notFound {
            self = .missing
        }
    }

    /// What a claim's owner is told of a secret that is missing.
    static func missingForProvisioning(_ reference: SecretReference) -> String {
        "secret \(reference), which the class names for provisioning, does not exist. Create it, or correct "
            + "\(ClassParameters.reservedPrefix)provisioner-secret-name and -namespace"
    }
}
