public import JSONTree

/// What the host is about to ask of a driver, recorded before the driver is called, where nobody who writes objects can
/// reach it. After a crash, the intents list the volumes that may exist although no object refers to them.
public struct StoredIntent: Sendable, Hashable {
    /// The requested volume, `pvc-<uid of the claim>`. At most one intent has this name.
    public var volume: String
    /// The arguments of the call, as the controllers write them. `null` if the stored ones cannot be read.
    public var document: JSONValue

    public init(volume: String, document: JSONValue) {
        self.volume = volume
        self.document = document
    }
}

/// A change to the list of intents. Together with a write of an object, either both are made or neither.
public enum IntentChange: Sendable, Hashable {
    /// Replaces an earlier intent for the same volume.
    case record(StoredIntent)
    /// Has no effect when there is none.
    case remove(volume: String)
}
