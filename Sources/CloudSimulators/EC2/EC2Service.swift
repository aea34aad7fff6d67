import Foundation
import HTTPTypes
import JSONTree
import Logging
import Synchronization

/// The simulated EC2, with STS and the metadata service on the same port.
final class EC2Service: CloudService {
    static let cloud = Cloud.aws

    private static let version = "2016-11-15"
    private static let namespace = "http://ec2.amazonaws.com/doc/2016-11-15/"

    private let context: SimulatorContext
    private let configuration: EC2Configuration
    private let model: Mutex<EC2Model>
    private let signatures: SignatureV4
    private let credentials: TemporaryCredentials

    init(_ context: SimulatorContext) throws {
        self.context = context
        configuration = try EC2Configuration(context.settings)
        model = Mutex(try EC2Model(configuration, from: context.store))
        signatures = SignatureV4(region: configuration.region)
        credentials = try TemporaryCredentials(context.store)
    }

    func operation(of request: CloudRequest) -> CloudOperation {
        if InstanceMetadata.serves(request) { return CloudOperation("metadata", resource: request.path) }
        guard let parameters = try? EC2Parameters(request), let action = parameters.peek("Action") else {
            return CloudOperation("unknown")  // which respond() says to the client
        }
        let resource = [
            "VolumeId", "VolumeId.1", "SnapshotId", "SnapshotId.1", "SourceVolumeId", "ResourceId.1", "RoleArn",
        ]
        .lazy.compactMap { parameters.peek($0) }.first
        return CloudOperation(action, resource: resource, zone: parameters.peek("AvailabilityZone"))
    }

    func respond(
        to request: CloudRequest, _ operation: CloudOperation, effects: FaultEffects
    ) async -> CloudResponse {
        if InstanceMetadata.serves(request) {
            return InstanceMetadata(configuration: configuration, credentials: credentials).respond(to: request)
        }
        let action = operation.name
        do {
            return answer(action, try await perform(action, request, effects))
        } catch let error as EC2Error {
            return failure(error, action)
        } catch {
            context.logger.error("\(action) could not be carried out: \(error)")
            return failure(.server(500), action)
        }
    }

    func response(to fault: FaultAnswer, _ request: CloudRequest, _ operation: CloudOperation) -> CloudResponse {
        guard !InstanceMetadata.serves(request) else {
            if case .throttled = fault { return CloudResponse(status: 429) }
            if case .serverError(let status) = fault { return CloudResponse(status: status) }
            return CloudResponse(status: 503)
        }
        let zone = operation.zone ?? "the zone"
        switch fault {
        case .throttled(let retryAfter):
            let isEC2 = !SecurityTokenService.operations.contains(operation.name)
            var response = failure(
                isEC2 ? .throttled : EC2Error("Throttling", "Rate exceeded"), operation.name)
            if let retryAfter { response.headers[.retryAfter] = String(max(1, retryAfter.components.seconds)) }
            return response
        case .serverError(let status): return failure(.server(status), operation.name)
        case .quotaExceeded: return failure(Self.quotaError(operation.name), operation.name)
        case .capacityExhausted:
            return failure(
                EC2Error(
                    "InsufficientVolumeCapacity",
                    "There is not enough capacity to fulfill your EBS volume provision request in \(zone). You can try to "
                        + "provision a different volume type, or a volume in a different availability zone.",
                    status: 500), operation.name)
        }
    }

    /// The stuck states go on.
    func faultsCleared() async throws {
        try model.withLock { model in
            model.release(at: context.clock.now)
            try context.store.commit(model.takeChanges())
        }
    }

    private func perform(
        _ action: String, _ request: CloudRequest, _ effects: FaultEffects
    ) async throws -> [XMLElement] {
        var parameters = try EC2Parameters(request)
        guard request.method == "POST" || request.method == "GET", request.path == "/" else {
            throw EC2Error(
                "InvalidRequest", "The query API is at POST /, not \(request.method) \(request.path).", status: 404)
        }
        if SecurityTokenService.operations.contains(action) {
            guard parameters.peek("Version") == SecurityTokenService.version else {
                throw EC2Error("InvalidAction", "Could not find operation \(action) for this version")
            }
            if action != "AssumeRoleWithWebIdentity" { try authenticate(request) }
            return try SecurityTokenService(configuration: configuration, credentials: credentials)
                .result(action, &parameters)
        }
        guard parameters.peek("Action") != nil else { throw EC2Error.missing("Action") }
        guard parameters.peek("Version") == Self.version, let call = EC2Call(rawValue: action) else {
            throw EC2Error("InvalidAction", "The action \(action) is not valid for this web service.")
        }
        try authenticate(request)
        let isDryRun = try parameters.boolean("DryRun") ?? false
        let now = context.clock.now
        let (result, steps) = try model.withLock { model in
            if isDryRun {
                var copy = model
                _ = try copy.perform(call, &parameters, at: now, effects)
                throw EC2Error.dryRun
            }
            model.forgetWhatIsOver(at: now)
            let result = try model.perform(call, &parameters, at: now, effects)
            try context.store.commit(model.takeChanges())
            return (result, model.takeContentSteps())
        }
        if let contents = context.contents { try await carryOut(steps, on: contents) }
        return result
    }

    /// A volume without its bytes is worse than none: it is taken back.
    private func carryOut(_ steps: [ContentStep], on contents: DiskContents) async throws {
        for step in steps {
            do {
                try await step.carryOut(on: contents)
            } catch {
                if case .create(let id, _, _) = step {
                    try model.withLock { model in
                        if id.hasPrefix("vol-") { model.forget(volume: id) } else { model.remove(snapshot: id) }
                        try context.store.commit(model.takeChanges())
                        _ = model.takeContentSteps()
                    }
                }
                throw error
            }
        }
    }

    /// - Throws: ``EC2Error`` `AuthFailure` and its like.
    private func authenticate(_ request: CloudRequest) throws(EC2Error) {
        guard let header = request.header("authorization") else {
            if configuration.accessKeys.isEmpty { return }
            throw .missingAuthentication
        }
        let authorization = try SignatureV4.Authorization(header)
        guard !configuration.accessKeys.isEmpty else { return }
        let secret: String? =
            if let token = request.header("x-amz-security-token") {
                try credentials.secret(of: authorization.accessKey, token: token)
            } else {
                configuration.accessKeys.first { $0.id == authorization.accessKey }?.secret
            }
        try signatures.verify(request, authorization, secret: secret)
    }

    // MARK: Answers

    private func answer(_ action: String, _ result: [XMLElement]) -> CloudResponse {
        let id = XMLElement("requestId", Self.requestID())
        if SecurityTokenService.operations.contains(action) {
            let root = XMLElement(
                "\(action)Response",
                [
                    XMLElement("\(action)Result", result),
                    XMLElement("ResponseMetadata", [XMLElement("RequestId", Self.requestID())]),
                ])
            return .xml(root.document(namespace: SecurityTokenService.namespace))
        }
        return .xml(XMLElement("\(action)Response", [id] + result).document(namespace: Self.namespace))
    }

    private func failure(_ error: EC2Error, _ action: String) -> CloudResponse {
        let code = XMLElement("Code", error.code)
        let message = XMLElement("Message", error.message)
        if SecurityTokenService.operations.contains(action) {
            let sender = XMLElement("Type", error.status < 500 ? "Sender" : "Receiver")
            let root = XMLElement(
                "ErrorResponse",
                [XMLElement("Error", [sender, code, message]), XMLElement("RequestId", Self.requestID())])
            return .xml(root.document(namespace: SecurityTokenService.namespace), status: error.status)
        }
        let errors = XMLElement("Errors", [XMLElement("Error", [code, message])])
        let root = XMLElement("Response", [errors, XMLElement("RequestID", Self.requestID())])
        return .xml(root.document(namespace: nil), status: error.status)
    }

    private static func quotaError(_ action: String) -> EC2Error {
        switch action {
        case "CreateSnapshot": EC2Error("SnapshotLimitExceeded", "You have reached your maximum number of snapshots.")
        case "AttachVolume": EC2Error("AttachmentLimitExceeded", "The instance has the most volumes that it takes.")
        case "ModifyVolume":
            EC2Error(
                "VolumeModificationSizeLimitExceeded",
                "You have exceeded your maximum volume modification limit in this region.")
        default: .volumeLimit("EBS", "")
        }
    }

    private static func requestID() -> String { UUID().uuidString.lowercased() }
}
