public struct WatchEvent: Sendable {
    public enum Change: String, Sendable {
        case added = "ADDED"
        case modified = "MODIFIED"
        case deleted = "DELETED"
        case bookmark = "BOOKMARK"
    }

    public var change: Change
    /// For a bookmark: an object with nothing but a resourceVersion. For a deletion: the last state, with the
    /// resourceVersion of the deletion.
    public var object: StoredObject

    public init(_ change: Change, _ object: StoredObject) {
        self.change = change
        self.object = object
    }
}

/// Changes as they are committed. What one commit brings comes as one batch, so that a busy store wakes a reader
/// once and not once an object. Ends with ``StatusError`` (`Expired`) when the reader has to list again.
public struct WatchStream: AsyncSequence, Sendable {
    public typealias Element = [WatchEvent]
    public typealias Failure = any Error

    private let makeIterator: @Sendable () -> AsyncIterator

    public init<Batches: AsyncSequence & Sendable>(_ batches: Batches)
    where Batches.Element == [WatchEvent], Batches.Failure == any Error {
        makeIterator = { AsyncIterator(batches: batches.makeAsyncIterator()) }
    }

    public struct AsyncIterator: AsyncIteratorProtocol {
        var batches: any AsyncIteratorProtocol<[WatchEvent], any Error>

        public mutating func next() async throws -> [WatchEvent]? {
            try await batches.next()
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        makeIterator()
    }
}
