import KubernetesAPI

/// One write as the commit loop gets it: decided and encoded by its caller against the version that it read, to be
/// carried out only if that is still the present one.
enum Mutation: Sendable {
    case create(UnstampedObject)
    case replace(UnstampedObject, expecting: UInt64)
    case remove(UnstampedObject, expecting: UInt64)
    /// Removes what the database holds under this name and cannot be read.
    case discard(ResourceKind, ObjectKey)
}

enum MutationOutcome: Sendable {
    /// Durable, and visible to every reader.
    case committed(StoredObject)
    /// The present version is not the expected one: it exists already, is gone, or was changed.
    case lostRace
    case refused(StatusError)
}
