public import DriverProtocol

// What a driver can do beyond `provision` and `delete`: a protocol for each group of verbs that make sense only
// together.

/// `get`
public protocol VolumeReading: StorageDriver {
    /// - Throws: ``DriverError`` `NOT_FOUND` where there is no such volume.
    func get(_ call: VolumeCall) async throws -> ProvisionedVolume
}

/// `list`
public protocol VolumeListing: StorageDriver {
    /// Every volume that carries the mark of ``DriverRequest/owner``, each with its `name`, page by page.
    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume>
}

/// `expandvolume`
public protocol VolumeExpanding: StorageDriver {
    /// Grows the volume to `call.capacityBytes`, or leaves it when it is as large already.
    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume
}

/// `createsnapshot`, `deletesnapshot`, `listsnapshots`
public protocol SnapshotTaking: StorageDriver {
    /// Takes the snapshot of `call.volume`, or returns the one that an earlier call took.
    func createSnapshot(_ call: SnapshotCall) async throws -> Snapshot
    /// Returns also when there is none.
    func deleteSnapshot(_ call: SnapshotCall) async throws
    /// Of `call.request.volume` where it is given, else of all of ``DriverRequest/owner``.
    func listSnapshots(_ call: ListCall) async throws -> ListPage<Snapshot>
}

/// `capacity`
public protocol CapacityReporting: StorageDriver {
    func capacity(_ request: DriverRequest) async throws -> StorageCapacity
}

/// `modify`
public protocol VolumeModifying: StorageDriver {
    /// Gives the volume what `call.request.mutableParameters` says.
    func modify(_ call: VolumeCall) async throws -> ProvisionedVolume
}

/// `attach`, `detach`, `isattached`, `waitforattach`
public protocol VolumeAttaching: StorageDriver {
    /// - Returns: The device's path on the node, where it is known by then.
    func attach(_ call: VolumeCall, to node: NodeReference) async throws -> String?
    /// Returns also when it is not attached.
    func detach(_ call: VolumeCall, from node: NodeReference) async throws
    func isAttached(_ call: VolumeCall, to node: NodeReference) async throws -> Bool
    /// - Returns: The device's path on the node.
    func waitForAttach(_ call: VolumeCall) async throws -> String
}

/// `mountdevice`, `unmountdevice`
public protocol DeviceMounting: StorageDriver {
    func mountDevice(_ call: VolumeCall, at stagingTarget: String) async throws
    /// Returns also when nothing is mounted.
    func unmountDevice(_ call: VolumeCall, from stagingTarget: String) async throws
}

/// `mount`, `unmount`
public protocol VolumeMounting: StorageDriver {
    func mount(_ call: VolumeCall, at target: String) async throws
    /// Returns also when nothing is mounted.
    func unmount(_ call: VolumeCall, from target: String) async throws
}

/// `expandfs`
public protocol FileSystemExpanding: StorageDriver {
    func expandFileSystem(_ call: VolumeCall) async throws
}

/// `stats`
public protocol StatsReporting: StorageDriver {
    func stats(_ call: VolumeCall) async throws -> VolumeStats
}
