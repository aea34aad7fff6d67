import KubernetesAPI

/// Objects in key order, in chunks: an insert moves a few hundred references, however many objects there are, and a
/// copy of the whole (a list's snapshot) costs one reference until the next change to each chunk.
struct OrderedObjects: Sendable {
    private static let chunkLimit = 512

    /// None of them is empty.
    private var chunks: [[StoredObject]] = []

    init() {}

    /// - Parameter objects: In key order, each key once.
    init(sorted objects: [StoredObject]) {
        let step = Self.chunkLimit / 2
        chunks = stride(from: 0, to: objects.count, by: step).map { start in
            Array(objects[start..<Swift.min(start + step, objects.count)])
        }
    }

    /// Inserts an object, or replaces the one of the same key.
    mutating func set(_ object: StoredObject) {
        guard !chunks.isEmpty else {
            chunks = [[object]]
            return
        }
        // Behind the last chunk's end there is nothing: a new greatest key goes into the last chunk.
        let index = Swift.min(chunk(reaching: object.key), chunks.count - 1)
        let offset = chunks[index].partitionPoint { $0.key >= object.key }
        if offset < chunks[index].count, chunks[index][offset].key == object.key {
            chunks[index][offset] = object
            return
        }
        chunks[index].insert(object, at: offset)
        guard chunks[index].count > Self.chunkLimit else { return }
        let middle = chunks[index].count / 2
        let upper = Array(chunks[index][middle...])
        chunks[index].removeSubrange(middle...)
        chunks.insert(upper, at: index + 1)
    }

    mutating func remove(_ key: ObjectKey) {
        let index = chunk(reaching: key)
        guard index < chunks.count else { return }
        let offset = chunks[index].partitionPoint { $0.key >= key }
        guard chunks[index][offset].key == key else { return }
        chunks[index].remove(at: offset)
        if chunks[index].isEmpty { chunks.remove(at: index) }
    }

    /// The first position for which `condition` holds; it must hold for every position behind it.
    func partitionPoint(where condition: (ObjectKey) -> Bool) -> Index {
        let index = chunks.partitionPoint { chunk in chunk.last.map { condition($0.key) } ?? true }
        guard index < chunks.count else { return endIndex }
        return Index(chunk: index, offset: chunks[index].partitionPoint { condition($0.key) })
    }

    /// The objects of one namespace, or all.
    func range(of namespace: String?) -> Range<Index> {
        guard let namespace else { return startIndex..<endIndex }
        let lower = partitionPoint { ($0.namespace ?? "") >= namespace }
        return lower..<partitionPoint { ($0.namespace ?? "") > namespace }
    }

    /// The object of one key, or none.
    func range(of key: ObjectKey) -> Range<Index> {
        let lower = partitionPoint { $0 >= key }
        guard lower < endIndex, self[lower].key == key else { return lower..<lower }
        return lower..<index(after: lower)
    }

    /// The first chunk whose last key is not before `key`.
    private func chunk(reaching key: ObjectKey) -> Int {
        chunks.partitionPoint { chunk in chunk.last.map { $0.key >= key } ?? true }
    }
}

extension OrderedObjects: Collection {
    struct Index: Comparable {
        fileprivate var chunk: Int
        fileprivate var offset: Int

        static func < (left: Index, right: Index) -> Bool {
            (left.chunk, left.offset) < (right.chunk, right.offset)
        }
    }

    var startIndex: Index { Index(chunk: 0, offset: 0) }
    var endIndex: Index { Index(chunk: chunks.count, offset: 0) }

    subscript(position: Index) -> StoredObject { chunks[position.chunk][position.offset] }

    func index(after position: Index) -> Index {
        position.offset + 1 < chunks[position.chunk].count
            ? Index(chunk: position.chunk, offset: position.offset + 1)
            : Index(chunk: position.chunk + 1, offset: 0)
    }

    /// By chunks, not by elements.
    func distance(from start: Index, to end: Index) -> Int {
        var distance = end.offset - start.offset
        for chunk in Swift.min(start.chunk, end.chunk)..<Swift.max(start.chunk, end.chunk) {
            distance += start.chunk < end.chunk ? chunks[chunk].count : -chunks[chunk].count
        }
        return distance
    }

    var count: Int { chunks.reduce(0) { $0 + $1.count } }
}

extension Array {
    /// The first index whose element fulfils `condition`; every element behind it must fulfil it too.
    func partitionPoint(where condition: (Element) throws -> Bool) rethrows -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if try condition(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
