import KubernetesAPI

/// Which events are written, and which are one seen before: the same reason and text about the same object counts up
/// one event, one object gets only so many, and so does everything together.
///
/// Pure: the time comes in. The limits per object are those of Kubernetes' recorders (client-go, `tools/record`):
/// 25 at once, then one in five minutes.
struct EventThrottle: Sendable {
    enum Admission: Sendable, Hashable {
        /// A new event; `count` is 1.
        case create
        /// The event of this name and namespace once more.
        case recur(ObjectKey, count: Int64)
        case drop
    }

    private struct Identity: Sendable, Hashable {
        var objectUID: String
        var severity: Event.Severity
        var reason: String
        var sameness: String
    }

    private struct Seen: Sendable {
        var event: ObjectKey?
        var count: Int64
    }

    /// Fills evenly, to at most `size`.
    struct Bucket: Sendable {
        var size: Double
        var perSecond: Double
        private var level: Double
        private var last: ContinuousClock.Instant?

        init(size: Double, perSecond: Double) {
            self.size = size
            self.perSecond = perSecond
            level = size
        }

        mutating func take(now: ContinuousClock.Instant) -> Bool {
            if let last { level = min(size, level + (now - last) / .seconds(1) * perSecond) }
            last = now
            guard level >= 1 else { return false }
            level -= 1
            return true
        }
    }

    /// Objects and events that are remembered; beyond it everything is forgotten, which costs some counting.
    private static let remembered = 4096

    private var seen: [Identity: Seen] = [:]
    private var perObject: [String: Bucket] = [:]
    /// News that all is well give way first when thousands of claims come at once.
    private var normal = Bucket(size: 500, perSecond: 50)
    private var warnings = Bucket(size: 1000, perSecond: 200)

    init() {}

    mutating func admit(
        _ notice: Notice, about object: ObjectReference, now: ContinuousClock.Instant
    ) -> Admission {
        let uid = object.uid ?? object.name
        guard takeShared(notice.severity, now: now), takeOwn(uid, now: now) else { return .drop }
        if seen.count >= Self.remembered { seen.removeAll(keepingCapacity: true) }
        let identity = Self.identity(notice, uid)
        guard var known = seen[identity] else {
            seen[identity] = Seen(event: nil, count: 1)
            return .create
        }
        // The first one is being written still: its number is told by the next.
        known.count += 1
        seen[identity] = known
        return known.event.map { .recur($0, count: known.count) } ?? .drop
    }

    /// The event that ``Admission/create`` led to was written under this name.
    mutating func wrote(_ notice: Notice, about object: ObjectReference, as event: ObjectKey) {
        seen[Self.identity(notice, object.uid ?? object.name)]?.event = event
    }

    /// The event is not there: writing it failed, or somebody removed it. The next one is a new one.
    mutating func forget(_ notice: Notice, about object: ObjectReference) {
        seen[Self.identity(notice, object.uid ?? object.name)] = nil
    }

    private mutating func takeShared(_ severity: Event.Severity, now: ContinuousClock.Instant) -> Bool {
        severity == .normal ? normal.take(now: now) : warnings.take(now: now)
    }

    private mutating func takeOwn(_ uid: String, now: ContinuousClock.Instant) -> Bool {
        if perObject.count >= Self.remembered { perObject.removeAll(keepingCapacity: true) }
        return perObject[uid, default: Bucket(size: 25, perSecond: 1.0 / 300)].take(now: now)
    }

    private static func identity(_ notice: Notice, _ uid: String) -> Identity {
        Identity(objectUID: uid, severity: notice.severity, reason: notice.reason, sameness: notice.sameness)
    }
}
