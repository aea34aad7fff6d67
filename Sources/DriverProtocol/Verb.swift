/// What the host asks of a driver: the executable's only argument, and the request's `verb`.
///
/// FlexVolume's names wherever FlexVolume has one. A verb that changes something is idempotent: asked twice with the
/// same arguments it answers the same, and asked about what is gone already it succeeds. A driver answers a verb that
/// it does not know, or does not offer, with the status `Not supported`.
public struct Verb: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public var description: String { rawValue }

    /// `init`. About the driver itself: versions, capabilities, the schema of its parameters, limits. Needs no storage
    /// behind it and changes nothing. Reply: `info`.
    public static let initialize = Verb(rawValue: "init")
    /// Is the driver ready to work? `Success`, or a `Failure` that says why not. Changes nothing.
    public static let status = Verb(rawValue: "status")

    /// A dry run of ``provision`` with the same request: checks everything, makes nothing. Reply: `volume` as it
    /// would become, as far as that is known.
    public static let validate = Verb(rawValue: "validate")
    /// Makes the volume `volume.name`, or finds the one that an earlier call made. Reply: `volume`.
    /// The name with other arguments than before is `ALREADY_EXISTS`.
    public static let provision = Verb(rawValue: "provision")
    /// Deletes the volume. Succeeds when there is none.
    public static let delete = Verb(rawValue: "delete")
    /// Reads one volume. Reply: `volume`, or `NOT_FOUND`.
    public static let get = Verb(rawValue: "get")
    /// Reads, page by page, every volume that carries the host's ownership mark. Reply: `volumes`, `nextToken`.
    public static let list = Verb(rawValue: "list")
    /// Grows the volume to at least `volume.capacityBytes`. Never shrinks: a size that it has already is success.
    /// Reply: `volume`, and `nodeExpansionRequired` where ``expandFS`` must follow.
    public static let expandVolume = Verb(rawValue: "expandvolume")
    /// Takes the snapshot `snapshot.name` of `volume`. Reply: `snapshot`.
    public static let createSnapshot = Verb(rawValue: "createsnapshot")
    /// Deletes a snapshot. Succeeds when there is none.
    public static let deleteSnapshot = Verb(rawValue: "deletesnapshot")
    /// Reads, page by page, the host's snapshots; of one volume where `volume` is given. Reply: `snapshots`,
    /// `nextToken`.
    public static let listSnapshots = Verb(rawValue: "listsnapshots")
    /// How much room there is for volumes with these `parameters` and topology. Reply: `capacity`.
    public static let capacity = Verb(rawValue: "capacity")
    /// Changes a volume's `mutableParameters`. Reply: `volume`.
    public static let modify = Verb(rawValue: "modify")

    /// Attaches the volume to `node`. Reply: `device` where it is known by then.
    public static let attach = Verb(rawValue: "attach")
    /// Detaches it. Succeeds when it is not attached.
    public static let detach = Verb(rawValue: "detach")
    /// Reply: `attached`.
    public static let isAttached = Verb(rawValue: "isattached")
    /// Runs on the node; returns when the device is there. Reply: `device`.
    public static let waitForAttach = Verb(rawValue: "waitforattach")
    /// Runs on the node: makes a file system where there is none, and mounts the device at `stagingTarget`, once for
    /// all Pods.
    public static let mountDevice = Verb(rawValue: "mountdevice")
    /// Undoes ``mountDevice``. Succeeds when nothing is mounted.
    public static let unmountDevice = Verb(rawValue: "unmountdevice")
    /// Runs on the node: makes the volume visible at `target`, for one Pod.
    public static let mount = Verb(rawValue: "mount")
    /// Undoes ``mount``. Succeeds when nothing is mounted.
    public static let unmount = Verb(rawValue: "unmount")
    /// Runs on the node, after ``expandVolume``: lets the file system take the new room.
    public static let expandFS = Verb(rawValue: "expandfs")
    /// Bytes and files used and free, and the volume's health. Reply: `stats`.
    public static let stats = Verb(rawValue: "stats")

    /// Every verb of this version.
    public static let all: [Verb] = [
        .initialize, .status, .validate, .provision, .delete, .get, .list, .expandVolume, .createSnapshot,
        .deleteSnapshot,
        .listSnapshots, .capacity, .modify, .attach, .detach, .isAttached, .waitForAttach, .mountDevice, .unmountDevice,
        .mount, .unmount, .expandFS, .stats,
    ]

    /// Whether the call can change something behind the driver, so that an unknown outcome matters.
    public var changesState: Bool { !Self.readingVerbs.contains(self) }

    private static let readingVerbs: Set<Verb> = [
        .initialize, .status, .validate, .get, .list, .listSnapshots, .capacity, .isAttached, .waitForAttach, .stats,
    ]
}

/// Something that a driver can do, as it says in ``DriverInfo/capabilities``: a verb's name, or one of the features
/// below. What a driver does not name it does not support; nothing is assumed.
public struct Capability: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }
    public init(_ verb: Verb) { rawValue = verb.rawValue }

    public var description: String { rawValue }

    /// `provision` takes a volume as its content source.
    public static let clone = Capability(rawValue: "clone")
    /// `provision` takes a snapshot as its content source.
    public static let restore = Capability(rawValue: "restore")
    /// `provision` heeds `volume.topology`, and its reply says where the volume can be reached.
    public static let topology = Capability(rawValue: "topology")
    /// `expandvolume` works while the volume is in use.
    public static let onlineExpansion = Capability(rawValue: "onlineexpansion")
}
