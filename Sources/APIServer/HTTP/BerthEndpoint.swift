import Hummingbird
import JSONTree
import KubernetesAPI

/// `/berth/v1/…`: what Berth says and does beside Kubernetes' API, such as the state of its drivers.
struct BerthEndpoint: Sendable {
    /// Read by GET.
    let reports: [String: @Sendable ([String: String]) async throws -> JSONValue]
    /// Carried out by POST, with the body as argument.
    let actions: [String: @Sendable (JSONValue) async throws -> JSONValue]
    let maximumBodyBytes: Int

    func respond(_ request: Request, name: String?, query: Query) async throws -> Response {
        guard let name else {
            guard request.method == .get else { throw StatusError.methodNotAllowed }
            return .json(["reports": JSONValue(reports.keys.sorted()), "actions": JSONValue(actions.keys.sorted())])
        }
        guard reports[name] != nil || actions[name] != nil else { throw StatusError.unknownPath }
        switch request.method {
        case .get:
            guard let report = reports[name] else { throw StatusError.methodNotAllowed }
            return .json(try await report(query.dictionary))
        case .post:
            guard let action = actions[name] else { throw StatusError.methodNotAllowed }
            let bytes = try await request.collectBody(limit: maximumBodyBytes)
            let argument = bytes.readableBytes == 0 ? .object([:]) : try RequestDocument.json(bytes).value
            return .json(try await action(argument))
        default: throw StatusError.methodNotAllowed
        }
    }
}
