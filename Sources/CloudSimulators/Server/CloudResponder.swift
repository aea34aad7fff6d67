import Glibc
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Turns HTTP into requests to a cloud's service and its answers into HTTP, and carries out the faults on the way.
struct CloudResponder: HTTPResponder {
    struct Context: RequestContext {
        var coreContext: CoreRequestContextStorage
        /// The connection, for faults that need more than an answer.
        let channel: any Channel

        init(source: ApplicationRequestContextSource) {
            coreContext = CoreRequestContextStorage(source: source)
            channel = source.channel
        }
    }

    /// The connection is gone; there is nobody to answer.
    private struct ConnectionWasReset: Error {}

    let cloud: SimulatedCloud
    let maximumBodyBytes: Int
    let logger: Logger

    func respond(to request: Request, context: Context) async throws -> Response {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: maximumBodyBytes)
        } catch is NIOTooManyBytesError {
            // What is left of the body is not read.
            return Response(
                status: .contentTooLarge, headers: [.connection: "close"],
                body: .init(byteBuffer: ByteBuffer(string: "a body of more than \(maximumBodyBytes) bytes\n")))
        }
        guard let cloudRequest = CloudRequest(request.head, body: Array(body.readableBytesView)) else {
            return Response(
                status: .badRequest,
                body: .init(byteBuffer: ByteBuffer(string: "the target has a bad percent escape\n")))
        }
        if cloudRequest.path.split(separator: "/").first.map(String.init) == AdminEndpoint.prefix {
            return Response(await AdminEndpoint(cloud: cloud).respond(to: cloudRequest), to: cloudRequest)
        }
        return try await respond(to: cloudRequest, on: context.channel)
    }

    private func respond(to request: CloudRequest, on channel: any Channel) async throws -> Response {
        let start = ContinuousClock.now
        let operation = cloud.service.operation(of: request)
        let faults = cloud.faults(of: operation)
        func note(_ status: Int?) {
            cloud.counts.add(operation, status: status, isFaulty: !faults.names.isEmpty)
            logger.debug(
                "request",
                metadata: [
                    "operation": "\(operation.name)", "resource": "\(operation.resource ?? "-")",
                    "status": "\(status.map(String.init) ?? "reset")", "duration": "\(ContinuousClock.now - start)",
                    "faults": "\(faults.names.joined(separator: " "))",
                ])
        }
        if faults.latency > .zero { try await Task.sleep(for: faults.latency) }
        let wireFault: WireFault? = if case .wire(let fault) = faults.outcome { fault } else { nil }
        if wireFault == .resetBefore {
            note(nil)
            try await Self.reset(channel)
            throw ConnectionWasReset()
        }
        let answer: CloudResponse
        if case .answer(let fault) = faults.outcome {
            answer = cloud.service.response(to: fault, request, operation)
        } else {
            answer = await cloud.service.respond(to: request, operation, effects: faults.effects)
        }
        switch wireFault {
        case .resetAfter:
            note(nil)
            try await Self.reset(channel)
            throw ConnectionWasReset()
        case .halfReply:
            note(nil)
            return Self.half(of: answer, on: channel)
        case .resetBefore, nil:
            note(answer.status)
            return Response(answer, to: request)
        }
    }

    /// The whole answer is announced; half of its bytes come.
    private static func half(of answer: CloudResponse, on channel: any Channel) -> Response {
        var headers = answer.headers
        // An answer without a body would be whole with its head.
        let body = answer.body.isEmpty ? Array(repeating: UInt8(ascii: " "), count: 2) : answer.body
        headers[.contentLength] = String(body.count)
        return Response(
            status: .init(code: answer.status == 204 ? 200 : answer.status), headers: headers,
            body: ResponseBody(contentLength: body.count) { writer in
                try await writer.write(ByteBuffer(bytes: body.prefix(body.count / 2)))
                try await reset(channel)
                throw ConnectionWasReset()
            })
    }

    /// Ends the connection with a reset (RST) instead of an end (FIN): a socket that does not linger is closed so.
    private static func reset(_ channel: any Channel) async throws {
        if let socket = channel as? any SocketOptionProvider {
            try await socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        }
        // The client may have gone first, and then there is nothing to reset.
        try? await channel.close(mode: .all).get()
    }
}

extension CloudRequest {
    /// - Returns: `nil` when the target has a bad percent escape.
    init?(_ head: HTTPRequest, body: [UInt8]) {
        var target = head.path ?? "/"
        if let scheme = target.firstRange(of: "://"), !target[..<scheme.lowerBound].contains("/") {
            // The absolute form, as a client sends it to a proxy (RFC 9112, section 3.2.2).
            let rest = target[scheme.upperBound...]
            target = rest.firstIndex(of: "/").map { String(rest[$0...]) } ?? "/"
        }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let query = PercentEncoding.items(parts.count > 1 ? String(parts[1]) : "") else { return nil }
        self.init(
            method: head.method.rawValue, scheme: "http", authority: head.authority ?? "", target: target,
            path: String(parts[0]), query: query, headers: head.headerFields, body: body)
    }
}

extension Response {
    /// To HEAD, the answer to GET without its body.
    fileprivate init(_ answer: CloudResponse, to request: CloudRequest) {
        var headers = answer.headers
        headers[.contentLength] = String(answer.body.count)
        self.init(
            status: .init(code: answer.status), headers: headers,
            body: request.method == "HEAD" || answer.body.isEmpty
                ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
