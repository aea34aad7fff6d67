import KubernetesAPI

/// The volumes that no claim has, in the order in which claims take them: of a class, those with the fewest access
/// modes first, of these the smallest, of equal ones the first by name.
///
/// Only these stand here, so that what a claim costs does not depend on how many volumes are bound.
struct AvailableVolumes: Sendable {
    private struct Entry: Sendable {
        var volume: PersistentVolume
        var capacityBytes: Int64
        var modes: [AccessMode]
    }

    /// The volumes of one class with the same access modes. `sizes` is sorted; each size has its names, sorted.
    private struct Shelf: Sendable {
        var sizes: [Int64] = []
        var names: [Int64: [String]] = [:]

        mutating func insert(_ name: String, _ size: Int64) {
            if names[size] == nil { sizes.insert(size, at: Self.position(of: size, in: sizes)) }
            var same = names[size] ?? []
            names[size] = nil  // gives up this reference, so that the insertion is made in place
            same.insert(name, at: Self.position(of: name, in: same))
            names[size] = same
        }

        mutating func remove(_ name: String, _ size: Int64) {
            guard var same = names[size] else { return }
            names[size] = nil
            let position = Self.position(of: name, in: same)
            if position < same.count, same[position] == name { same.remove(at: position) }
            if same.isEmpty {
                sizes.remove(at: Self.position(of: size, in: sizes))
            } else {
                names[size] = same
            }
        }

        /// Where `element` stands, or would.
        static func position<Element: Comparable>(of element: Element, in sorted: [Element]) -> Int {
            var low = 0
            var high = sorted.count
            while low < high {
                let middle = (low + high) / 2
                if sorted[middle] < element { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private var entries: [String: Entry] = [:]
    /// By class, then by the sorted access modes.
    private var shelves: [String: [[AccessMode]: Shelf]] = [:]
    /// Taken by a claim whose bind is not written yet.
    private var reservations: [String: ObjectKey] = [:]

    init() {}

    var count: Int { entries.count }

    /// Puts a volume in, in its new state, or takes it out when it is not to be had any more.
    mutating func update(_ volume: PersistentVolume) {
        remove(volume.name)
        guard volume.phase == .available, volume.claimRef == nil, !volume.isBeingDeleted else { return }
        let entry = Entry(
            volume: volume, capacityBytes: volume.capacity?.bytes ?? 0, modes: volume.accessModes.sorted())
        entries[volume.name] = entry
        shelves[volume.effectiveClassName, default: [:]][entry.modes, default: Shelf()]
            .insert(volume.name, entry.capacityBytes)
    }

    mutating func remove(_ name: String) {
        guard let entry = entries.removeValue(forKey: name) else { return }
        let className = entry.volume.effectiveClassName
        shelves[className]?[entry.modes]?.remove(name, entry.capacityBytes)
        if shelves[className]?[entry.modes]?.sizes.isEmpty == true { shelves[className]?[entry.modes] = nil }
        if shelves[className]?.isEmpty == true { shelves[className] = nil }
    }

    /// The best volume for a claim, kept for it until ``release(for:)``: claims that are looked at at the same time
    /// do not get the same one.
    mutating func reserve(_ requirements: ClaimRequirements, for claim: ObjectKey) -> PersistentVolume? {
        guard let volume = best(requirements, for: claim) else { return nil }
        reservations[volume.name] = claim
        return volume
    }

    mutating func release(for claim: ObjectKey, _ name: String) {
        if reservations[name] == claim { reservations[name] = nil }
    }

    /// The best volume for a claim; see the order above.
    func best(_ requirements: ClaimRequirements, for claim: ObjectKey) -> PersistentVolume? {
        guard let shelves = shelves[requirements.className] else { return nil }
        let fitting = shelves.keys
            .filter { modes in requirements.accessModes.allSatisfy(modes.contains) }
            .sorted { left, right in
                left.count == right.count
                    ? left.lexicographicallyPrecedes(right) : left.count < right.count
            }
        for modes in fitting {
            guard let shelf = shelves[modes] else { continue }
            let start = Shelf.position(of: requirements.request.bytes, in: shelf.sizes)
            for size in shelf.sizes[start...] {
                for name in shelf.names[size] ?? [] {
                    guard let entry = entries[name], reservations[name] ?? claim == claim,
                        requirements.mismatch(entry.volume) == nil
                    else { continue }
                    return entry.volume
                }
            }
        }
        return nil
    }

    /// Why the volumes of the claim's class do not fit it, a few of them, for people; `nil` when there are none.
    func misfits(_ requirements: ClaimRequirements) -> String? {
        let shown = 3
        guard let shelves = shelves[requirements.className] else { return nil }
        let names = shelves.values.flatMap { shelf in
            shelf.sizes.suffix(shown).flatMap { shelf.names[$0]?.prefix(shown) ?? [] }
        }
        let reasons = names.sorted().prefix(shown).compactMap { name -> String? in
            guard let volume = entries[name]?.volume, let mismatch = requirements.mismatch(volume) else { return nil }
            return "\(name): \(mismatch)"
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: "; ")
    }
}
