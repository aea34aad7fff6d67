import DriverProtocol
import Synchronization

/// What is known of one version of a driver's file: what it said at `init`, and which calls it has answered with `Not
/// supported`. Kubernetes asks for those no more as long as it knows the driver; here they are forgotten when the file
/// changes, since then there is another session.
final class FlexVolumeSession: Sendable {
    let capabilities: FlexVolumeCapabilities
    private let unsupported = Mutex<Set<Verb>>([])

    init(_ capabilities: FlexVolumeCapabilities) { self.capabilities = capabilities }

    func isKnownAsUnsupported(_ verb: Verb) -> Bool { unsupported.withLock { $0.contains(verb) } }
    func noteUnsupported(_ verb: Verb) { unsupported.withLock { _ = $0.insert(verb) } }

    /// Why Kubernetes would never make the call; `nil` when it would.
    func objection(to verb: Verb) -> String? {
        if Verb.attachmentCalls.contains(verb), !capabilities.attach {
            return "its answer to init says \"attach\": false, so Kubernetes never asks for it"
        }
        if verb == .expandFS, !capabilities.requiresFSResize {
            return "its answer to init says \"requiresFSResize\": false, so Kubernetes never asks for it"
        }
        return nil
    }
}
