public import DriverProtocol

/// A storage driver. Conform to it, mark the type `@main`, and the executable speaks the driver protocol:
///
/// ```swift
/// @main
/// struct Shelf: StorageDriver, VolumeListing {
///     var info: DriverInfo { DriverInfo(name: "shelf", version: "1.0.0", resident: true) }
///     func provision(_ call: VolumeCall) async throws -> ProvisionedVolume { … }
///     func delete(_ call: VolumeCall) async throws { … }
///     func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> { … }
/// }
/// ```
///
/// What a driver can do beyond making and deleting volumes it says by conforming to ``VolumeReading``,
/// ``VolumeListing``, ``VolumeExpanding``, ``SnapshotTaking``, ``CapacityReporting``, ``VolumeModifying``,
/// ``VolumeAttaching``, ``DeviceMounting``, ``VolumeMounting``, ``FileSystemExpanding`` or ``StatsReporting``: the
/// kit derives the capabilities from these, so what `init` promises and what is there cannot disagree. Every other
/// verb is answered `Not supported`.
///
/// Before a handler runs, the kit has read the request, checked the parameters against ``DriverInfo/parameters`` and
/// filled in their defaults, rounded the capacity, and checked it and the modes against what `info` allows.
///
/// A handler fails by throwing ``DriverError``. Anything else that it throws is reported as `INTERNAL`, and
/// `CancellationError` as `CANCELLED` or `DEADLINE_EXCEEDED`, each with an unknown outcome: the host calls again.
/// ``PendingOperation`` is thrown for work that goes on behind.
///
/// Each call has a thread of its own, so a handler may block. It should look at `Task.isCancelled`, or call
/// `Task.checkCancellation()`, between steps: that is how a deadline reaches it. Two calls that change the same volume
/// never run at the same time in one process. Standard output belongs to the kit: what a handler prints goes to
/// standard error.
public protocol StorageDriver: Sendable {
    init()

    /// What `init` answers. ``DriverInfo/capabilities`` lists features (``Capability/clone``, …) only: verbs are
    /// derived. Read once, at the start.
    var info: DriverInfo { get }

    /// What `init` answers when drivers.json registers the driver so: for a driver whose parameters, or their defaults,
    /// depend on its `config`. The default is ``info``. Asked once for each registration; must not fail, whatever
    /// `config` holds: what is wrong with it is for ``status(_:)`` and the other verbs to say.
    func info(for driver: DriverReference) -> DriverInfo

    /// What this machine keeps the driver from doing, though it conforms to it, and why: a kernel without the file
    /// system, a program that is not installed. These verbs are left out of `init`'s capabilities, and answered
    /// `Not supported` with the reason. Read once, at the start. The default: nothing.
    var unavailable: [Verb: String] { get }

    /// Is the driver ready to work? The default says yes.
    /// - Throws: ``DriverError`` that says why not.
    func status(_ request: DriverRequest) async throws

    /// Would ``provision(_:)`` with the same call succeed? Makes nothing. The default is content with what the kit
    /// checks before every call.
    /// - Returns: The volume as it would become, where that is known.
    func validate(_ call: VolumeCall) async throws -> ProvisionedVolume?

    /// Makes the volume `call.volume.name`, or returns the one that an earlier call made.
    /// - Throws: ``DriverError``: `ALREADY_EXISTS` if the name was used with other arguments.
    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume

    /// Deletes the volume. Returns when there is none, also when there never was.
    func delete(_ call: VolumeCall) async throws
}

extension StorageDriver {
    public func info(for driver: DriverReference) -> DriverInfo { info }
    public var unavailable: [Verb: String] { [:] }
    public func status(_ request: DriverRequest) async throws {}
    public func validate(_ call: VolumeCall) async throws -> ProvisionedVolume? { nil }
}
