import KubernetesAPI

/// Whose life is looked after next.
enum WorkItem: Sendable, Hashable {
    case claim(ObjectKey)
    /// By the volume's name.
    case volume(String)
    /// By the volume's name.
    case intent(String)
}

extension WorkItem: CustomStringConvertible {
    var description: String {
        switch self {
        case .claim(let key): "claim \(key)"
        case .volume(let name): "volume \(name)"
        case .intent(let name): "intent for volume \(name)"
        }
    }
}
