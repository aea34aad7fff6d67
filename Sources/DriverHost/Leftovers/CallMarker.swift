/// An environment variable that identifies a driver's process and everything it starts, even outside its process group.
struct CallMarker: Sendable, Hashable {
    static let variable = "BERTH_CALL"

    /// The host's identity, a slash, and the call's id.
    let value: String

    init(owner: String?, id: String) {
        value = "\(owner ?? "-")/\(id)"
    }
}
