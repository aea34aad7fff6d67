import KubernetesAPI
import Synchronization

/// The existing objects that admission looks up. Throws if one cannot be read: the others may not give the answer.
struct AdmissionLookup: Sendable {
    var storageClasses: @Sendable () throws(StatusError) -> [StoredObject]
    var storageClass: @Sendable (_ name: String) throws(StatusError) -> StoredObject?
}

/// The default class, found anew only when a class changed: every claim that names none asks for it.
final class DefaultStorageClass: Sendable {
    private struct Answer {
        var classes: [StoredObject]
        var name: String?
    }

    private let answer = Mutex(Answer(classes: [], name: nil))

    func name(among classes: [StoredObject]) -> String? {
        let known = answer.withLock { answer -> String?? in
            let isSame = answer.classes.count == classes.count && zip(answer.classes, classes).allSatisfy { $0 === $1 }
            return isSame ? .some(answer.name) : nil
        }
        if let known { return known }
        let name = StorageClass.defaultClass(among: classes.map { StorageClass($0) })?.name
        answer.withLock { $0 = Answer(classes: classes, name: name) }
        return name
    }
}
