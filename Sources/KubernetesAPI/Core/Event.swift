public import JSONTree

/// `v1.Event`, over its JSON.
public struct Event: KubernetesObject, Hashable {
    public enum Severity: String, Sendable { case normal = "Normal", warning = "Warning" }

    public static let resourceKind = ResourceKind.event

    /// Longer messages are cut: the API refuses them.
    public static let maximumMessageLength = 1024

    public var json: JSONValue

    public init(_ json: JSONValue) { self.json = json }

    /// A new event about `object`, which was seen once, at `time`.
    ///
    /// An event lies in the namespace of what it is about, or in `default`; its name is that object's and the time in
    /// hexadecimal nanoseconds, as Kubernetes' recorders make it.
    ///
    /// - Parameter component: Who says it, for example `persistentvolume-controller`.
    public init(
        about object: ObjectReference, _ severity: Severity, reason: String, message: String, component: String,
        at time: Timestamp
    ) {
        let stamp = UInt64(bitPattern: time.seconds &* 1_000_000_000 &+ Int64(time.nanoseconds))
        self.init([
            "apiVersion": "v1", "kind": "Event",
            "metadata": [
                "name": .string("\(object.name).\(String(stamp, radix: 16))"),
                "namespace": .string(object.namespace ?? "default"),
            ],
            "involvedObject": object.json,
            "reason": .string(reason),
            "message": .string(Self.shortened(message)),
            "source": ["component": .string(component)],
            "firstTimestamp": time.json, "lastTimestamp": time.json,
            "count": 1,
            "type": .string(severity.rawValue),
            "eventTime": .null,
            "reportingComponent": .string(component), "reportingInstance": "",
        ])
    }

    public var involvedObject: ObjectReference { ObjectReference(json["involvedObject"] ?? [:]) }
    public var reason: String { json.string("reason") ?? "" }
    public var message: String { json.string("message") ?? "" }
    public var type: String { json.string("type") ?? "" }
    public var component: String { json.string("source", "component") ?? "" }
    public var count: Int64 { json["count"]?.integerValue ?? 1 }
    public var firstTimestamp: Timestamp? { json.string("firstTimestamp").flatMap { Timestamp($0) } }
    public var lastTimestamp: Timestamp? { json.string("lastTimestamp").flatMap { Timestamp($0) } }

    /// The same event once more.
    public mutating func recur(at time: Timestamp) {
        // An int32 in Kubernetes, which somebody else may have written.
        json["count"] = .integer(min(max(count, 0), Int64(Int32.max) - 1) + 1)
        json["lastTimestamp"] = time.json
    }

    /// A message of at most `length` bytes, from 3, with `...` where it is cut.
    public static func shortened(_ message: String, to length: Int = maximumMessageLength) -> String {
        guard message.utf8.count > length else { return message }
        // At the boundary of a character, so that the rest is still UTF-8.
        var end = message.utf8.index(message.utf8.startIndex, offsetBy: length - 3)
        while end > message.startIndex, end.samePosition(in: message.unicodeScalars) == nil {
            end = message.utf8.index(before: end)
        }
        return String(message[..<end]) + "..."
    }
}
