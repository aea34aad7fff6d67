public import JSONTree

/// What the host is about to ask of a driver, written down before the driver is called and out of reach of whoever
/// writes objects: after a crash it is the list of what may exist without an object that tells of it.
public struct StoredIntent: Sendable, Hashable {
    /// The volume that is asked for, `pvc-<uid of the claim>`. At most one intent has this name.
    public var volume: String
    /// The arguments of the call, as the controllers write them. `null`: what is stored cannot be read.
    public var document: JSONValue

    public init(volume: String, document: JSONValue) {
        self.volume = volume
        self.document = document
    }
}

/// A change to the list of intents. With a write of an object both are made, or neither.
public enum IntentChange: Sendable, Hashable {
    /// Takes the place of an earlier intent for the same volume.
    case record(StoredIntent)
    /// Nothing, when there is none.
    case remove(volume: String)
}
