import JSONTree

/// What a resource is going through, since when, and until when: `provisioningState` follows from the time at which
/// somebody looks.
struct Transition: Sendable, Hashable {
    enum Kind: String, Sendable {
        case creating = "Creating"
        case updating = "Updating"
        case deleting = "Deleting"
    }

    var kind: Kind
    /// `nil`: stuck, until faults are cleared.
    var ends: SimulatorClock.Milliseconds?
    /// The asynchronous operation that tells of it.
    var operation: String

    func isOver(_ now: SimulatorClock.Milliseconds) -> Bool { ends.map { $0 <= now } ?? false }
}

extension Transition {
    init?(json: JSONValue) {
        guard let kind = json["kind"]?.stringValue.flatMap(Kind.init), let operation = json["operation"]?.stringValue
        else { return nil }
        self.init(kind: kind, ends: json["ends"]?.integerValue, operation: operation)
    }

    var json: JSONValue {
        var json: JSONValue = ["kind": .string(kind.rawValue), "operation": .string(operation)]
        json["ends"] = ends.map { .integer($0) }
        return json
    }
}

/// An asynchronous operation, as `Azure-AsyncOperation` and `Location` tell of it.
struct AsyncOperation: Sendable, Hashable {
    enum Status: String, Sendable {
        case inProgress = "InProgress"
        case succeeded = "Succeeded"
    }

    /// A UUID.
    var id: String
    var subscription: String
    var location: String
    var began: SimulatorClock.Milliseconds
    /// `nil`: stuck.
    var ends: SimulatorClock.Milliseconds?
    /// What it is about.
    var resourceID: String
    /// There is no resource to show afterwards.
    var isDeletion: Bool

    func status(_ now: SimulatorClock.Milliseconds) -> Status {
        ends.map { $0 <= now } ?? false ? .succeeded : .inProgress
    }
}

extension AsyncOperation {
    init?(json: JSONValue) {
        guard let id = json["id"]?.stringValue, let subscription = json["subscription"]?.stringValue,
            let location = json["location"]?.stringValue, let began = json["began"]?.integerValue,
            let resourceID = json["resourceID"]?.stringValue
        else { return nil }
        self.init(
            id: id, subscription: subscription, location: location, began: began, ends: json["ends"]?.integerValue,
            resourceID: resourceID, isDeletion: json["isDeletion"]?.boolValue ?? false)
    }

    var json: JSONValue {
        var json: JSONValue = [
            "id": .string(id), "subscription": .string(subscription), "location": .string(location),
            "began": .integer(began), "resourceID": .string(resourceID), "isDeletion": .bool(isDeletion),
        ]
        json["ends"] = ends.map { .integer($0) }
        return json
    }
}
