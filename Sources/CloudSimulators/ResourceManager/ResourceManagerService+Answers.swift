import Foundation
import HTTPTypes
import JSONTree
import Logging
import Synchronization

// What is answered to a request that was let in.
extension ResourceManagerService {
    func answer(
        _ path: ResourcePath, _ request: CloudRequest, _ effects: FaultEffects
    ) async throws(ResourceManagerError) -> CloudResponse {
        switch (path, request.method) {
        case (.subscriptions, "GET"):
            return .json(["value": [subscription(settings.defaultSubscription)]])
        case (.subscription(let name), "GET"):
            try read { model throws(ResourceManagerError) in try model.checkSubscription(name) }
            return .json(subscription(name))
        case (.locations(let name), "GET"):
            try read { model throws(ResourceManagerError) in try model.checkSubscription(name) }
            return .json(locations(name))
        case (.resourceGroups(let name), "GET"):
            return .json([
                "value": .array(
                    try read { model throws(ResourceManagerError) in
                        try model.checkSubscription(name)
                        return model.allGroups(name)
                    })
            ])
        case (.resourceGroup(let subscription, let name), "GET"), (.resourceGroup(let subscription, let name), "HEAD"):
            let group = try read { model throws(ResourceManagerError) in try model.group(subscription, name) }
            return request.method == "HEAD" ? CloudResponse(status: 204) : .json(group)
        case (.resourceGroup(let subscription, let name), "PUT"):
            let body = try body(request)
            return respond(
                try await change { model throws(ResourceManagerError) in try model.putGroup(subscription, name, body) },
                request)
        case (.skus(let name), "GET"):
            try read { model throws(ResourceManagerError) in try model.checkSubscription(name) }
            return .json(try ResourceSkus(settings: settings).list(filter: request.query("$filter")))
        case (.collection(let kind, let subscription, let group, let parent), "GET"):
            return try page(kind, subscription, group, parent, request)
        case (.resource(let name), "GET"):
            let now = context.clock.now
            let withView = request.query("$expand") == "instanceView"
            return .json(
                try read { model throws(ResourceManagerError) in
                    guard withView, name.type != .disk, name.type != .snapshot else { return try model.get(name, now) }
                    return try model.machine(name).rendered(now, disks: model.disks, withInstanceView: true)
                })
        case (.instanceView(let name), "GET"):
            let now = context.clock.now
            return .json(
                try read { model throws(ResourceManagerError) in try model.machine(name).instanceView(now) })
        case (.resource(let name), "PUT"), (.resource(let name), "PATCH"):
            let body = try body(request)
            let circumstances = circumstances(effects)
            let isPut = request.method == "PUT"
            return respond(
                try await change { model throws(ResourceManagerError) in
                    switch name.type {
                    case .machine, .scaleSetMachine:
                        try model.update(name, body, ifMatch: request.header("If-Match"), circumstances)
                    case .disk, .snapshot:
                        isPut ? try model.put(name, body, circumstances) : try model.patch(name, body, circumstances)
                    }
                }, request)
        case (.resource(let name), "DELETE") where name.type == .disk || name.type == .snapshot:
            let circumstances = circumstances(effects)
            return respond(
                try await change { model throws(ResourceManagerError) in try model.delete(name, circumstances) },
                request)
        case (.operation(_, _, let id), "GET"):
            return try operationStatus(id, request)
        case (.unknown, _):
            throw ResourceManagerError(
                404, "InvalidResourceType", "The path '\(request.path)' names nothing that this simulator has.")
        default:
            throw ResourceManagerError(
                405, "HttpMethodNotSupported",
                "The method \(request.method) is not supported for '\(request.path)' by this simulator.")
        }
    }

    private func circumstances(_ effects: FaultEffects) -> ResourceModel.Circumstances {
        ResourceModel.Circumstances(now: context.clock.now, effects: effects, newID: Self.newID)
    }

    private func body(_ request: CloudRequest) throws(ResourceManagerError) -> JSONValue {
        guard let type = request.header("Content-Type"), type.lowercased().hasPrefix("application/json") else {
            throw ResourceManagerError(
                415, "UnsupportedMediaType", "The content media type is not supported. Only 'application/json' is.")
        }
        do {
            return try JSONParser.parse(request.body)
        } catch {
            throw ResourceManagerError(
                400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: '\(error.description)'.")
        }
    }

    /// A look at the model as it is now.
    private func read<Value: Sendable>(
        _ body: (ResourceModel) throws(ResourceManagerError) -> Value
    ) throws(ResourceManagerError) -> Value {
        let result = state.withLock { state -> Result<Value, ResourceManagerError> in
            state.model.settle(context.clock.now)
            do throws(ResourceManagerError) {
                return .success(try body(state.model))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// A change of the model and, where disks have bytes, of what they hold. Durable when this returns.
    private func change(
        _ body: (inout ResourceModel) throws(ResourceManagerError) -> ResourceModel.Outcome
    ) async throws(ResourceManagerError) -> ResourceModel.Outcome {
        guard let contents = context.contents else { return try commit(body) }
        await turns.begin()
        let result: Result<ResourceModel.Outcome, ResourceManagerError>
        do throws(ResourceManagerError) {
            let outcome = try commit(body)
            try await carryOut(outcome.contents, on: contents)
            result = .success(outcome)
        } catch {
            result = .failure(error)
        }
        await turns.end()
        return try result.get()
    }

    private func carryOut(
        _ changes: [ResourceModel.ContentChange], on contents: DiskContents
    ) async throws(ResourceManagerError) {
        do {
            for change in changes {
                switch change {
                case .create(let id, let bytes, let source): try await contents.create(id, bytes: bytes, from: source)
                case .resize(let id, let bytes): try await contents.resize(id, bytes: bytes)
                case .remove(let id): try await contents.remove(id)
                case .attach(let id, let lun):
                    // As Azure's udev rules call a data disk below `/dev/disk`.
                    _ = try await contents.attach(id, links: ["azure/scsi1/lun\(lun)"])
                case .detach(let id): try await contents.detach(id)
                }
            }
        } catch {
            context.logger.error("a disk's bytes could not be changed: \(error)")
            throw ResourceManagerError(
                500, "InternalServerError", "The simulator cannot change a disk's bytes: \(error)")
        }
    }

    /// The model checks everything before it changes anything.
    private func commit(
        _ body: (inout ResourceModel) throws(ResourceManagerError) -> ResourceModel.Outcome
    ) throws(ResourceManagerError) -> ResourceModel.Outcome {
        let result = state.withLock { state -> Result<ResourceModel.Outcome, ResourceManagerError> in
            state.model.settle(context.clock.now)
            do throws(ResourceManagerError) {
                let outcome = try body(&state.model)
                do {
                    try context.store.commit(state.model.takeChanges())
                } catch {
                    context.logger.error("cannot store a change: \(error)")
                    throw ResourceManagerError(
                        500, "InternalServerError", "The simulator cannot store the change: \(error)")
                }
                return .success(outcome)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func respond(_ outcome: ResourceModel.Outcome, _ request: CloudRequest) -> CloudResponse {
        var headers: HTTPFields = [:]
        if let operation = outcome.operation {
            let url = Self.url(of: operation, request)
            if let name = HTTPField.Name("Azure-AsyncOperation") { headers[name] = url }
            headers[.location] = "\(url)&monitor=true"
            headers[.retryAfter] = String(settings.retryAfterSeconds)
        }
        guard let resource = outcome.resource else {
            return CloudResponse(status: outcome.status, headers: headers)
        }
        return .json(resource, status: outcome.status, headers: headers)
    }

    private static func url(of operation: AsyncOperation, _ request: CloudRequest) -> String {
        let version = PercentEncoding.encoded(request.query("api-version") ?? "")
        return "\(request.origin)/subscriptions/\(operation.subscription)/providers/Microsoft.Compute/locations/"
            + "\(operation.location)/DiskOperations/\(operation.id)?api-version=\(version)"
    }

    /// `Azure-AsyncOperation` gives the operation; `Location` (with `monitor=true`) what it leads to.
    private func operationStatus(_ id: String, _ request: CloudRequest) throws(ResourceManagerError) -> CloudResponse {
        let now = context.clock.now
        let (operation, resource) = try read { model throws(ResourceManagerError) in
            guard let operation = model.operations[id] else {
                throw ResourceManagerError(404, "NotFound", "The operation '\(id)' was not found.")
            }
            // Gone meanwhile is as good as not there: there is nothing to show.
            let name = ResourceName(id: operation.resourceID)
            return (operation, name.flatMap { try? model.get($0, now) })
        }
        let isDone = operation.status(now) == .succeeded
        var headers: HTTPFields = [:]
        if !isDone { headers[.retryAfter] = String(settings.retryAfterSeconds) }
        if request.query("monitor") == "true" {
            guard isDone else {
                headers[.location] = "\(Self.url(of: operation, request))&monitor=true"
                return CloudResponse(status: 202, headers: headers)
            }
            guard !operation.isDeletion, let resource else { return CloudResponse(status: 200) }
            return .json(resource)
        }
        var json: JSONValue = [
            "startTime": .string(SimulatorClock.text(operation.began)),
            "status": .string(operation.status(now).rawValue), "name": .string(operation.id),
        ]
        if isDone, let ends = operation.ends { json["endTime"] = .string(SimulatorClock.text(ends)) }
        if isDone, !operation.isDeletion, let resource { json["properties"] = ["output": resource] }
        return .json(json, headers: headers)
    }

    private func page(
        _ kind: ResourceName.Kind, _ subscription: String, _ group: String?, _ parent: String?, _ request: CloudRequest
    ) throws(ResourceManagerError) -> CloudResponse {
        let now = context.clock.now
        var last: String?
        if let token = request.query("$skiptoken") {
            guard let data = Data(base64Encoded: token), let key = String(data: data, encoding: .utf8) else {
                throw ResourceManagerError(400, "InvalidSkipToken", "The $skiptoken is none that this service gave.")
            }
            last = key
        }
        let all = try read { model throws(ResourceManagerError) in
            try model.list(kind, subscription: subscription, group: group, parent: parent, now)
        }
        let rest = all.drop { entry in last.map { entry.key <= $0 } ?? false }
        let page = rest.prefix(settings.pageSize)
        var json: JSONValue = ["value": .array(page.map(\.resource))]
        if rest.count > page.count, let key = page.last?.key {
            let token = PercentEncoding.encoded(Data(key.utf8).base64EncodedString())
            let query = request.query.filter { $0.name != "$skiptoken" }
                .map { "\(PercentEncoding.encoded($0.name))=\(PercentEncoding.encoded($0.value))" }
            let parts = query + ["%24skiptoken=\(token)"]
            json["nextLink"] = .string("\(request.origin)\(request.path)?\(parts.joined(separator: "&"))")
        }
        return .json(json)
    }

    private func subscription(_ name: String) -> JSONValue {
        [
            "id": .string("/subscriptions/\(name)"), "subscriptionId": .string(name), "displayName": "Simulated",
            "state": "Enabled", "tenantId": .string(settings.clients.first?.tenant ?? name),
        ]
    }

    private func locations(_ subscription: String) -> JSONValue {
        [
            "value": .array(
                settings.locations.keys.sorted().map { name in
                    [
                        "id": .string("/subscriptions/\(subscription)/locations/\(name)"), "name": .string(name),
                        "displayName": .string(name), "type": "Region",
                        "availabilityZoneMappings": .array(
                            (settings.locations[name] ?? []).map {
                                ["logicalZone": .string($0), "physicalZone": .string("\(name)-az\($0)")]
                            }),
                    ]
                })
        ]
    }
}
