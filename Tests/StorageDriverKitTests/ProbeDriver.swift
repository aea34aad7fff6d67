import DriverProtocol
import Glibc
import JSONTree
import StorageDriverKit

/// Does what the parameter `behaviour` says, so that a test can see what the kit makes of it.
struct ProbeDriver: StorageDriver, VolumeListing, VolumeExpanding {
    struct Unforeseen: Error, CustomStringConvertible {
        let description: String
    }

    var info = DriverInfo(
        name: "probe", version: "1",
        // `get` is a lie, which the kit corrects: the type has no such method.
        capabilities: [.clone, Capability(.get)],
        parameters: [
            "properties": [
                "behaviour": [
                    "enum": ["work", "hang", "block", "refuse", "break", "leak", "pend", "shrink"],
                    "default": "work",
                ],
                "release": ["type": "string"],
            ]
        ],
        allocationUnitBytes: 100, minimumBytes: 200, maximumBytes: 10_000, resident: true)

    var unavailable: [Verb: String] = [:]

    init() {}

    /// Registered with `"smallest": 300`, the least size is 300 bytes.
    func info(for driver: DriverReference) -> DriverInfo {
        var info = info
        if let smallest = driver.config["smallest"]?.integerValue { info.minimumBytes = smallest }
        return info
    }

    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume {
        switch call.parameters["behaviour"] {
        case "hang": try await Task.sleep(for: .seconds(3600))
        case "block":
            while !Task.isCancelled { usleep(1000) }
            throw CancellationError()
        case "refuse": throw DriverError(.resourceExhausted, "full", reschedule: true)
        case "break": throw Unforeseen(description: "disk on fire")
        case "leak": throw Unforeseen(description: "login failed with \(call.secrets["password"] ?? "")")
        case "pend": throw PendingOperation("op-1", progress: OperationProgress(percent: 40, phase: "copying"))
        case "shrink": return ProvisionedVolume(id: "i", capacityBytes: 1, volumeSource: ["hostPath": [:]])
        default: break
        }
        return ProvisionedVolume(
            id: "i-\(call.volume.name)", capacityBytes: call.capacityBytes, volumeSource: ["hostPath": ["path": "/x"]],
            context: call.parameters)
    }

    func delete(_ call: VolumeCall) async throws {}

    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> { ListPage([], nextToken: "more") }

    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume {
        ExpandedVolume(
            ProvisionedVolume(id: "i", capacityBytes: call.capacityBytes), nodeExpansionRequired: true)
    }
}

extension DriverRequest {
    static func probe(
        _ verb: Verb, _ name: String? = "v", callID: String = "c", behaviour: String? = nil,
        capacityBytes: Int64? = 300,
        limitBytes: Int64? = nil, parameters: [String: String] = [:], secrets: [String: String] = [:],
        timeout: Duration? = nil
    ) -> DriverRequest {
        DriverRequest(
            verb: verb, callID: callID, driver: DriverReference(name: "probe"),
            volume: name.map { VolumeRequest(name: $0, capacityBytes: capacityBytes, limitBytes: limitBytes) },
            parameters: parameters.merging(behaviour.map { ["behaviour": $0] } ?? [:]) { $1 }, secrets: secrets,
            timeout: timeout)
    }
}
