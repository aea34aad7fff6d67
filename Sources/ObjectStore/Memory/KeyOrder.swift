import KubernetesAPI

extension [StoredObject] {
    /// In key order, for the start of a store with a hundred thousand objects.
    ///
    /// Names of one namespace mostly begin alike (`pvc-`) and differ soon after: eight bytes behind what they share,
    /// read as a number, decide nearly every comparison without a look at the objects, which lie all over the memory.
    /// That sorts four times as fast as comparing keys.
    func sortedByKey() -> [StoredObject] {
        let byNamespace = Dictionary(grouping: self) { $0.key.namespace ?? "" }
        var sorted: [StoredObject] = []
        sorted.reserveCapacity(count)
        for (_, objects) in byNamespace.sorted(by: { $0.key < $1.key }) {
            let names = objects.map(\.key.name)
            let shared = names.lengthOfSharedPrefix
            let order = names.indices.map { (digest: names[$0].digest(from: shared), position: $0) }.sorted {
                $0.digest == $1.digest ? names[$0.position] < names[$1.position] : $0.digest < $1.digest
            }
            for (_, position) in order { sorted.append(objects[position]) }
        }
        return sorted
    }
}

extension [String] {
    /// In bytes, as far as they are ASCII: only there the order of bytes is that of strings.
    fileprivate var lengthOfSharedPrefix: Int {
        guard let first else { return 0 }
        return dropFirst().reduce(first.utf8.prefix { $0 < 0x80 }.count) { shared, name in
            zip(first.utf8.prefix(shared), name.utf8).prefix { $0 == $1 }.count
        }
    }
}

extension String {
    /// Eight bytes as a number that orders like them. Ends at the first that is no ASCII, with the greatest: strings
    /// that differ from there on compare as equal here, or behind all ASCII, as they should.
    fileprivate func digest(from start: Int) -> UInt64 {
        var digest: UInt64 = 0
        var isEnded = false
        var bytes = utf8.dropFirst(start).makeIterator()
        for _ in 0..<8 {
            var byte: UInt8 = isEnded ? 0 : bytes.next() ?? 0
            if byte >= 0x80 {
                byte = 0x80
                isEnded = true
            }
            digest = digest << 8 | UInt64(byte)
        }
        return digest
    }
}
