import KubernetesAPI
import Synchronization

/// An admission rule that becomes known after the store is opened, and before it is served.
final class LateAdmission: Sendable {
    private let later = Mutex<AdmissionRule?>(nil)

    var rule: AdmissionRule {
        { request, objects in
            guard let rule = self.later.withLock({ $0 }) else { return [] }
            return try await rule(request, objects)
        }
    }

    func set(_ rule: @escaping AdmissionRule) { later.withLock { $0 = rule } }
}
