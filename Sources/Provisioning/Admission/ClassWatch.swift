import DriverHost
import KubernetesAPI

/// Looks at every StorageClass again when it or its driver changes, and tells in an event of the class what is wrong
/// with it: for who made it while its driver was not there, or an older one.
struct ClassWatch: Sendable {
    /// As often as the drivers are looked at for the claims.
    private static let interval = Duration.milliseconds(500)

    /// What a class was last judged by.
    private struct Basis: Hashable {
        var storageClass: StorageClass
        var standing: DriverStanding
    }

    let cache: ObjectCache
    let host: DriverHost
    let recorder: EventRecorder

    /// Until the task is cancelled.
    func run() async {
        var known: [String: Basis] = [:]
        while !Task.isCancelled {
            let present = look()
            for (uid, basis) in present where known[uid] != basis {
                // A driver that is starting is waited for: the next look finds it ready or broken.
                if case .starting = basis.standing { continue }
                guard let notice = Self.notice(basis.storageClass, basis.standing) else { continue }
                recorder.record(notice, about: basis.storageClass.reference)
            }
            known = present
            // Ends early when the task is cancelled, and the loop with it.
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func look() -> [String: Basis] {
        var standings: [String: DriverStanding] = [:]
        var present: [String: Basis] = [:]
        for storageClass in cache.storageClasses() where storageClass.provisioner != StorageClass.noProvisioner {
            let provisioner = storageClass.provisioner
            let standing = standings[provisioner] ?? DriverStanding(of: provisioner, in: host)
            standings[provisioner] = standing
            present[storageClass.uid] = Basis(storageClass: storageClass, standing: standing)
        }
        return present
    }

    /// `nil` when all is well, as far as can be told.
    static func notice(_ storageClass: StorageClass, _ standing: DriverStanding) -> Notice? {
        let review = ClassReview(storageClass, standing)
        guard review.faults.isEmpty else {
            let faults = review.faults.map(\.text).joined(separator: "; ")
            return Notice(
                .warning, "InvalidParameters", "\(faults). \(ProvisioningIntent.classRemedy(storageClass.name))")
        }
        switch standing {
        case .missing: return review.warnings.first.map { Notice(.warning, "ProvisionerMissing", $0) }
        case .broken: return review.warnings.first.map { Notice(.warning, "DriverNotReady", $0) }
        case .starting, .known: return nil
        }
    }
}
