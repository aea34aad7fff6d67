/// By what a driver's process and all that it starts are known, also when they leave its process group: a variable of
/// their environment.
struct CallMarker: Sendable, Hashable {
    static let variable = "BERTH_CALL"

    /// The host's identity, a slash, the call's id.
    let value: String

    init(owner: String?, id: String) {
        value = "\(owner ?? "-")/\(id)"
    }
}
