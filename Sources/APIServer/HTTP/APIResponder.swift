import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI
import Logging
import NIOCore
import NIOHTTP1

/// Answers every request: who may ask, what the path names, and errors as `Status` objects.
struct APIResponder: HTTPResponder {
    let authentication: Authentication
    let connections: ConnectionRegistry
    let resources: ResourceEndpoint
    let accessReviews: AccessReview
    let berth: BerthEndpoint
    let unreadiness: @Sendable () async -> String?
    let logger: Logger

    func respond(to request: Request, context: APIRequestContext) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await respond(request, context.channel)
        logger.debug(
            "answered",
            metadata: [
                "method": "\(request.method)", "path": "\(request.head.path ?? "")",
                "status": "\(response.status.code)", "duration": "\(ContinuousClock.now - start)",
            ])
        return response
    }

    private func respond(_ request: Request, _ channel: any Channel) async throws -> Response {
        do {
            return try await answer(request, channel)
        } catch let error as StatusError {
            return Response(error)
        } catch let error as HTTPParserError {
            // The connection can no longer be read; ``ConnectionHandler`` says why, and closes it.
            throw error
        } catch is CancellationError {
            return Response(
                StatusError(
                    code: 503, reason: .serviceUnavailable, message: "the server is shutting down",
                    retryAfterSeconds: 1))
        } catch {
            // The path names no secret; an error of another layer may, so that it stays in the log.
            logger.error(
                "request failed", error: error,
                metadata: ["method": "\(request.method)", "path": "\(request.head.path ?? "")"])
            return Response(.internalError("the server could not answer this request; its log says why"))
        }
    }

    /// No part of a body is read before the client has shown its token.
    private func answer(_ request: Request, _ channel: any Channel) async throws -> Response {
        let target = try RequestTarget(request.head.path ?? "/")
        let route = Result { () throws(StatusError) in try Route(target.segments) }
        // A stranger does not learn which paths there are.
        if case .success(let route) = route, route.isPublic {
            guard request.method == .get else { throw StatusError.methodNotAllowed }
        } else {
            try authentication.check(request)
            try connections.authenticated(channel)
        }
        switch try route.get() {
        case .resource(let path): return try await resources.respond(request, path, target.query)
        case .accessReview(let kind): return try await accessReviews.respond(request, kind: kind)
        case .berth(let name): return try await berth.respond(request, name: name, query: target.query)
        case let route:
            guard request.method == .get else { throw StatusError.methodNotAllowed }
            return try await document(route, request, target.query)
        }
    }

    /// What does not depend on the objects.
    private func document(_ route: Route, _ request: Request, _ query: Query) async throws -> Response {
        let accept = request.headers[.accept]
        var bytes: [UInt8]?
        switch route {
        case .health(let check):
            // The others ask whether the process answers: a restart, which a probe causes, frees no disk.
            if check == "readyz", let reason = await unreadiness() {
                return .text("[-] \(check) failed: \(reason)\n", status: .internalServerError)
            }
            return .text("ok")
        case .version: bytes = ServerVersion.document
        case .coreVersions:
            let document = Discovery.shared.coreVersions(accept: accept)
            return .json(document.bytes, contentType: document.contentType)
        case .groups:
            let document = Discovery.shared.groups(accept: accept)
            return .json(document.bytes, contentType: document.contentType)
        case .group(let name): bytes = Discovery.shared.group(name)
        case .groupVersion(let group, let version):
            bytes = Discovery.shared.resources(group: group, version: version)
        case .customResourceDefinitions:
            return .json([
                "kind": "CustomResourceDefinitionList", "apiVersion": "apiextensions.k8s.io/v1",
                "metadata": ["resourceVersion": "1"], "items": [],
            ])
        case .openAPI(let path): return try OpenAPIEndpoint.respond(request, path: path, query: query)
        case .resource, .accessReview, .berth: break
        }
        guard let bytes else { throw StatusError.unknownPath }
        return .json(bytes)
    }
}

/// A request's connection.
struct APIRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
    }
}
