import JSONTree
import KubernetesAPI

extension TableLayout {
    static let pod = TableLayout(columns: [
        .name,
        TableColumn("Ready", "How many of the pod's containers are ready."),
        TableColumn("Status", "The pod's phase, or the reason why it is not running."),
        TableColumn("Restarts", "How often its containers were started again, and when last."),
        .age,
        .wide("IP", "The pod's address."),
        .wide("Node", "The node that it runs on."),
        .wide("Nominated Node", "The node that is being cleared for it."),
        .wide("Readiness Gates", "How many of its readiness gates are passed."),
    ]) { row in
        let status = PodStatusSummary(row.object)
        let nominated = row.text("status", "nominatedNodeName") ?? ""
        let node = row.text("spec", "nodeName") ?? ""
        let address = row.text("status", "podIP") ?? ""
        return [
            row.name, .string("\(status.readyCount)/\(status.containerCount)"), .string(status.reason),
            .string(status.restarts(now: row.now)), row.age, .string(address.isEmpty ? "<none>" : address),
            .string(node.isEmpty ? "<none>" : node), .string(nominated.isEmpty ? "<none>" : nominated),
            .string(status.readinessGates),
        ]
    }

    static let statefulSet = TableLayout(columns: [
        .name,
        TableColumn("Ready", "How many of the wanted pods are ready."),
        .age,
        .wide("Containers", "The names of the template's containers."),
        .wide("Images", "Their images."),
    ]) { row in
        let wanted = row.object.at("spec", "replicas")?.integerValue ?? 1
        let ready = row.object.at("status", "readyReplicas")?.integerValue ?? 0
        let containers = row.object.at("spec", "template", "spec", "containers")?.arrayValue ?? []
        func names(_ field: String) -> JSONValue {
            .string(containers.compactMap { $0[field]?.stringValue }.joined(separator: ","))
        }
        return [row.name, .string("\(ready)/\(wanted)"), row.age, names("name"), names("image")]
    }
}

/// What `kubectl get pods` says about a pod: the one word that best tells how it fares, from the phase and the states
/// of its containers.
private struct PodStatusSummary {
    private let pod: JSONValue
    private(set) var reason: String
    private(set) var readyCount = 0
    let containerCount: Int
    private var restartCount: Int64 = 0
    private var lastRestart: Timestamp?

    init(_ pod: JSONValue) {
        self.pod = pod
        let status = pod["status"]
        containerCount = pod.at("spec", "containers")?.arrayValue?.count ?? 0
        reason = status?["reason"]?.stringValue ?? status?["phase"]?.stringValue ?? ""
        if reason.isEmpty { reason = status?["phase"]?.stringValue ?? "" }
        let conditions = status?["conditions"]?.arrayValue ?? []
        if conditions.contains(where: {
            $0["type"]?.stringValue == "PodScheduled" && $0["reason"]?.stringValue == "SchedulingGated"
        }) {
            reason = "SchedulingGated"
        }
        if !readInitContainers(status?["initContainerStatuses"]?.arrayValue ?? []) {
            readContainers(status?["containerStatuses"]?.arrayValue ?? [], conditions)
        }
        guard pod.at("metadata", "deletionTimestamp")?.stringValue != nil else { return }
        if status?["reason"]?.stringValue == "NodeLost" {
            reason = "Unknown"
        } else if !["Succeeded", "Failed"].contains(status?["phase"]?.stringValue ?? "") {
            reason = "Terminating"
        }
    }

    func restarts(now: Timestamp) -> String {
        guard restartCount > 0, let lastRestart else { return "\(restartCount)" }
        return "\(restartCount) (\(lastRestart.humanAge(at: now)) ago)"
    }

    var readinessGates: String {
        let gates = pod.at("spec", "readinessGates")?.arrayValue ?? []
        guard !gates.isEmpty else { return "<none>" }
        let conditions = pod.at("status", "conditions")?.arrayValue ?? []
        let passed = gates.filter { gate in
            conditions.contains { $0["type"] == gate["conditionType"] && $0["status"]?.stringValue == "True" }
        }
        return "\(passed.count)/\(gates.count)"
    }

    /// Whether an init container still runs or has failed: then it alone decides.
    private mutating func readInitContainers(_ statuses: [JSONValue]) -> Bool {
        let count = pod.at("spec", "initContainers")?.arrayValue?.count ?? statuses.count
        for (position, status) in statuses.enumerated() {
            countRestarts(status)
            if let terminated = status.at("state", "terminated") {
                if terminated["exitCode"]?.integerValue == 0 { continue }
                reason = "Init:" + Self.exitReason(terminated)
                return true
            }
            if status["started"]?.boolValue == true, status.at("state", "running") != nil { continue }
            let waiting = status.at("state", "waiting", "reason")?.stringValue ?? ""
            reason = waiting.isEmpty || waiting == "PodInitializing" ? "Init:\(position)/\(count)" : "Init:" + waiting
            return true
        }
        return false
    }

    private mutating func readContainers(_ statuses: [JSONValue], _ conditions: [JSONValue]) {
        restartCount = 0
        lastRestart = nil
        var hasRunning = false
        for status in statuses.reversed() {
            countRestarts(status)
            if let waiting = status.at("state", "waiting", "reason")?.stringValue, !waiting.isEmpty {
                reason = waiting
            } else if let terminated = status.at("state", "terminated") {
                reason = Self.exitReason(terminated)
            } else if status["ready"]?.boolValue == true, status.at("state", "running") != nil {
                hasRunning = true
                readyCount += 1
            }
        }
        // One container may have completed beside another that runs.
        if reason == "Completed", hasRunning {
            let isReady = conditions.contains {
                $0["type"]?.stringValue == "Ready" && $0["status"]?.stringValue == "True"
            }
            reason = isReady ? "Running" : "NotReady"
        }
    }

    private mutating func countRestarts(_ status: JSONValue) {
        // Whoever writes a Pod's status may write any number.
        let (sum, isTooLarge) = restartCount.addingReportingOverflow(status["restartCount"]?.integerValue ?? 0)
        restartCount = isTooLarge ? .max : sum
        guard
            let finished = status.at("lastState", "terminated", "finishedAt")?.stringValue.flatMap({ Timestamp($0) })
        else { return }
        lastRestart = max(lastRestart ?? finished, finished)
    }

    private static func exitReason(_ terminated: JSONValue) -> String {
        if let reason = terminated["reason"]?.stringValue, !reason.isEmpty { return reason }
        if let signal = terminated["signal"]?.integerValue, signal != 0 { return "Signal:\(signal)" }
        return "ExitCode:\(terminated["exitCode"]?.integerValue ?? 0)"
    }
}
