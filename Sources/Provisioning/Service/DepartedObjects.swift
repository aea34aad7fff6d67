/// The uids of what was deleted lately: an answer to an earlier write of ours, taken in late, must not bring it back.
struct DepartedObjects: Sendable {
    private static let remembered = 8192

    private var uids: Set<String> = []
    private var order = Line<String>()

    init() {}

    func contains(_ uid: String) -> Bool { uids.contains(uid) }

    mutating func insert(_ uid: String) {
        guard uids.insert(uid).inserted else { return }
        order.append(uid)
        if uids.count > Self.remembered, let oldest = order.popFirst() { uids.remove(oldest) }
    }
}
