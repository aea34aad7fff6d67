import KubernetesAPI

/// What a claim asks of a volume, and whether one has it.
struct ClaimRequirements: Sendable {
    /// What a volume lacks, in the words of Kubernetes' binder where it has some.
    enum Mismatch: Sendable, Hashable {
        case isBeingDeleted
        case tooSmall(has: Quantity, asked: Quantity)
        case otherClass(has: String, asked: String)
        case otherVolumeMode(has: VolumeMode, asked: VolumeMode)
        case accessModes(has: [AccessMode], asked: [AccessMode])
        case selector
        case node(String)
    }

    /// The node from which the volume must be reachable, when one was chosen.
    struct Node: Sendable, Hashable {
        var name: String
        var labels: [String: String]
    }

    let request: Quantity
    let accessModes: [AccessMode]
    let volumeMode: VolumeMode
    /// `""`: of no class.
    let className: String
    let selector: LabelSelector
    let node: Node?

    /// - Throws: ``SelectorError``.
    init(_ claim: PersistentVolumeClaim, node: Node? = nil) throws(SelectorError) {
        request = claim.request ?? .zero
        accessModes = claim.accessModes
        volumeMode = claim.volumeMode
        className = claim.effectiveClassName ?? ""
        selector = try claim.selector() ?? .everything
        self.node = node
    }

    /// For a volume that the claim asks for by its name: the selector and the node do not count then.
    func mismatchWhenNamed(_ volume: PersistentVolume) -> Mismatch? {
        if volume.isBeingDeleted { return .isBeingDeleted }
        if let mismatch = sizeMismatch(volume) { return mismatch }
        if volume.effectiveClassName != className {
            return .otherClass(has: volume.effectiveClassName, asked: className)
        }
        if volume.volumeMode != volumeMode { return .otherVolumeMode(has: volume.volumeMode, asked: volumeMode) }
        return accessModesMismatch(volume)
    }

    /// For a volume that was reserved for the claim by its `claimRef`: size and mode must fit all the same.
    func mismatchWhenReserved(_ volume: PersistentVolume) -> Mismatch? {
        if volume.isBeingDeleted { return .isBeingDeleted }
        if volume.volumeMode != volumeMode { return .otherVolumeMode(has: volume.volumeMode, asked: volumeMode) }
        return sizeMismatch(volume)
    }

    /// For any volume.
    func mismatch(_ volume: PersistentVolume) -> Mismatch? {
        if let mismatch = mismatchWhenNamed(volume) { return mismatch }
        if !selector.matches(volume.metadata.labels) { return .selector }
        if let node, !NodeAffinity(volume.nodeAffinity).matches(nodeName: node.name, labels: node.labels) {
            return .node(node.name)
        }
        return nil
    }

    private func sizeMismatch(_ volume: PersistentVolume) -> Mismatch? {
        let capacity = volume.capacity ?? .zero
        return capacity < request ? .tooSmall(has: capacity, asked: request) : nil
    }

    private func accessModesMismatch(_ volume: PersistentVolume) -> Mismatch? {
        let modes = volume.accessModes
        return accessModes.allSatisfy(modes.contains) ? nil : .accessModes(has: modes, asked: accessModes)
    }
}

extension ClaimRequirements.Mismatch: CustomStringConvertible {
    var description: String {
        switch self {
        case .isBeingDeleted: "the volume is being deleted"
        case .tooSmall(let has, let asked): "requested PV is too small (it has \(has), the claim asks for \(asked))"
        case .otherClass(let has, let asked):
            "storageClassName does not match (the volume's is \"\(has)\", the claim's \"\(asked)\")"
        case .otherVolumeMode(let has, let asked):
            "incompatible volumeMode (the volume's is \(has.rawValue), the claim's \(asked.rawValue))"
        case .accessModes(let has, let asked):
            "incompatible accessMode (the volume has \(Self.list(has)), the claim asks for \(Self.list(asked)))"
        case .selector: "its labels do not match the claim's selector"
        case .node(let name): "it cannot be reached from node \(name)"
        }
    }

    private static func list(_ modes: [AccessMode]) -> String { modes.map(\.rawValue).joined(separator: ", ") }
}
