import KubernetesAPI
import Synchronization

/// An admission rule that becomes known after the store is opened, and before it is served.
final class LateAdmission: Sendable {
    /// A closure alone must not be what a `Mutex` holds: generic code holds a closure in another form, and each access
    /// that lends it out and takes it back wraps it in two more conversions, which stay. After a thousand writes each
    /// write goes through thousands of them.
    private struct Known: Sendable {
        let rule: AdmissionRule
    }

    private let later = Mutex<Known?>(nil)

    var rule: AdmissionRule {
        { request, objects in
            guard let known = self.later.withLock({ $0 }) else { return [] }
            return try await known.rule(request, objects)
        }
    }

    func set(_ rule: @escaping AdmissionRule) { later.withLock { $0 = Known(rule: rule) } }
}
