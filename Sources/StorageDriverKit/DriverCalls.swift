public import DriverProtocol

/// A call about one volume, checked.
public struct VolumeCall: Sendable {
    public let volume: VolumeRequest
    /// The size to make: what was asked for, at least ``DriverInfo/minimumBytes``, rounded up to
    /// ``DriverInfo/allocationUnitBytes``, and within `volume.limitBytes`. 0 where the request gives none.
    public let capacityBytes: Int64
    /// The whole request; its parameters are checked, complete with defaults, and named as the schema names them.
    public let request: DriverRequest

    public var parameters: [String: String] { request.parameters }
    public var secrets: [String: String] { request.secrets }

    /// Writes a line to standard error, with the call's id and without its secrets.
    public func log(_ message: String) { DriverLog.write(message, request) }
}

/// A call about one snapshot, checked.
public struct SnapshotCall: Sendable {
    public let snapshot: SnapshotRequest
    /// The volume of which the snapshot is; given with `createsnapshot`.
    public let volume: VolumeRequest?
    public let request: DriverRequest

    public var secrets: [String: String] { request.secrets }

    /// Writes a line to standard error, with the call's id and without its secrets.
    public func log(_ message: String) { DriverLog.write(message, request) }
}

/// A call for one page of a list.
public struct ListCall: Sendable {
    /// `nil` for the first page.
    public let startingToken: String?
    /// At most so many entries; `nil`: as many as the driver likes.
    public let maxEntries: Int?
    public let request: DriverRequest
}

/// One page.
public struct ListPage<Element: Sendable>: Sendable {
    public var entries: [Element]
    /// `nil` on the last page.
    public var nextToken: String?

    public init(_ entries: [Element], nextToken: String? = nil) {
        self.entries = entries
        self.nextToken = nextToken
    }
}

/// What `expandvolume` made.
public struct ExpandedVolume: Sendable {
    public var volume: ProvisionedVolume
    /// Whether `expandfs` must follow on the node.
    public var nodeExpansionRequired: Bool

    public init(_ volume: ProvisionedVolume, nodeExpansionRequired: Bool = false) {
        self.volume = volume
        self.nodeExpansionRequired = nodeExpansionRequired
    }
}

/// Thrown by a handler whose work goes on behind: answered as `Pending`. The host asks again with the same request.
public struct PendingOperation: Error, Sendable {
    /// The driver's own name for the work, not empty.
    public var operation: String
    public var progress: OperationProgress?

    public init(_ operation: String, progress: OperationProgress? = nil) {
        self.operation = operation
        self.progress = progress
    }
}
