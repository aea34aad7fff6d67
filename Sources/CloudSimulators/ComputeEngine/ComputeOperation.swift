import JSONTree

/// Work that goes on behind an answer: PENDING, RUNNING, DONE. What it does is done when it ends.
struct ComputeOperation: Codable {
    /// What the end of an operation changes.
    enum Effect: Codable {
        case nothing
        case createDisk
        case deleteDisk
        case resizeDisk(gigabytes: Int64)
        case updateDisk(DiskChange)
        case attachDisk(ComputeResource)
        /// The disk, if it still is attached.
        case detachDisk(ComputeResource?)
        case setLabels([String: String])
        case deleteSnapshot
    }

    /// What `update` changes; `nil`: not that.
    struct DiskChange: Codable {
        var sizeGb: Int64?
        var provisionedIops: Int64?
        var provisionedThroughput: Int64?
        var accessMode: String?
        var labels: [String: String]?
    }

    var resource: ComputeResource
    var id: UInt64
    /// `insert`, `delete`, `resizeDisk`, …
    var type: String
    var target: ComputeResource
    var targetID: UInt64
    var requestID: String?
    /// What `requestID` was given with: method, target and body.
    var requestDigest: String?
    var user: String
    var insertedAt: Int64
    var startsAt: Int64
    var endsAt: Int64
    var isStuck = false
    /// Its end has come and its effect is done.
    var isDone = false
    var effect: Effect
    var failure: OperationFailure?

    func status(at now: Int64) -> String {
        if isDone { return "DONE" }
        return now < startsAt ? "PENDING" : "RUNNING"
    }

    func json(_ links: ComputeLinks, now: Int64) -> JSONValue {
        let status = status(at: now)
        var json: JSONValue = [
            "kind": "compute#operation", "id": .string(String(id)), "name": .string(resource.name),
            "operationType": .string(type), "targetLink": .string(links.url(target)),
            "targetId": .string(String(targetID)), "status": .string(status), "user": .string(user),
            "progress": .integer(status == "DONE" ? 100 : 0),
            "insertTime": .string(SimulatorClock.text(insertedAt)), "selfLink": .string(links.url(resource)),
        ]
        switch resource.scope {
        case .zone(let zone): json["zone"] = .string(links.zone(zone, resource.project))
        case .region(let region): json["region"] = .string(links.region(region, resource.project))
        case .global: break
        }
        if let requestID { json["clientOperationId"] = .string(requestID) }
        if status != "PENDING" { json["startTime"] = .string(SimulatorClock.text(startsAt)) }
        if status == "DONE" {
            json["endTime"] = .string(SimulatorClock.text(endsAt))
            if let failure {
                json["error"] = ["errors": [["code": .string(failure.code), "message": .string(failure.message)]]]
                json["httpErrorStatusCode"] = .integer(Int64(failure.httpStatus))
                json["httpErrorMessage"] = .string(failure.httpMessage)
            }
        }
        return json
    }
}
