import CloudHTTP
import DriverProtocol
import JSONTree

/// The answer to a PUT, PATCH or DELETE, and the way to its end: Azure-AsyncOperation where the answer gives it, else
/// Location, else the resource's own provisioningState. Retry-After is obeyed.
///
/// Source: Azure Resource Manager, "Track asynchronous Azure operations".
struct AsyncAnswer {
    private enum Step {
        case done(JSONValue?)
        case again(after: Duration?)
    }

    private let reply: HTTPReply

    init(_ reply: HTTPReply) { self.reply = reply }

    /// - Throws: ``ResourceManagerFailure`` that the operation ended with, or that asking for it met with;
    ///   ``DriverError``; `CancellationError`.
    func end(
        in cloud: ResourceManager, path: String, version: ResourceManager.Version, task: String
    ) async throws -> ResourceManager.Change {
        var schedule = PollSchedule(first: .milliseconds(100), factor: 1.6, maximumDelay: .seconds(5))
        var pause = reply.retryAfter
        let operation = reply.headers["Azure-AsyncOperation"]
        let location = reply.status == 202 ? reply.headers["Location"] : nil
        if operation == nil, location == nil, case .done(let resource) = Self.state(of: reply.json) {
            return .done(resource)
        }
        while true {
            guard let usual = schedule.next(now: .now, deadline: cloud.deadline) else { return .pending }
            let wait = max(usual, pause ?? .zero)
            if let deadline = cloud.deadline, .now + wait >= deadline { return .pending }
            try await Task.sleep(for: wait)
            let step: Step
            do {
                if let operation {
                    step = try await Self.look(at: operation, cloud, task)
                } else if let location {
                    let answer = try await cloud.send(try cloud.follow(location, .get), task: task)
                    step = answer.status == 202 ? .again(after: answer.retryAfter) : .done(answer.json)
                } else {
                    let answer = try await cloud.send(.get, path, version, task: task)
                    step = Self.state(of: answer.json)
                }
            } catch let failure as ResourceManagerFailure where !failure.isOfOperation {
                // Forgotten, throttled, refused: it says nothing of the operation, which was taken; the next call looks.
                return .pending
            } catch let error as DriverError where Self.unseen.contains(error.code) {
                return .pending
            }
            switch step {
            case .done(let resource): return .done(resource)
            case .again(let after): pause = after
            }
        }
    }

    /// What keeps the operation from being looked at, and not from going on: the time, the network, credentials.
    private static let unseen: Set<DriverError.Code> = [
        .deadlineExceeded, .unavailable, .unauthenticated, .permissionDenied,
    ]

    /// `{"status": "InProgress" | "Succeeded" | "Failed" | "Canceled", "error": …, "properties": {"output": …}}`
    private static func look(at url: String, _ cloud: ResourceManager, _ task: String) async throws -> Step {
        let reply = try await cloud.send(try cloud.follow(url, .get), task: task)
        switch reply.json?["status"]?.stringValue {
        case "Succeeded": return .done(reply.json?.at("properties", "output"))
        case "Failed", "Canceled":
            throw ResourceManagerFailure(ofOperation: reply.json?["error"])
        default: return .again(after: reply.retryAfter)
        }
    }

    private static func state(of resource: JSONValue?) -> Step {
        switch resource?.at("properties", "provisioningState")?.stringValue {
        case "Creating", "Updating", "Deleting": .again(after: nil)
        default: .done(resource)
        }
    }
}
