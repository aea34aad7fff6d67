import AsyncAlgorithms
import Hummingbird
import JSONTree
import KubernetesAPI
import NIOCore
import ServiceLifecycle

extension ResourceEndpoint {
    /// Changes, one JSON object a line, until the client goes, its time is over, or the server stops.
    func watch(_ request: Request, _ path: ResourcePath, _ query: Query) async throws -> Response {
        let representation = try Representation(accept: request.headers[.accept])
        let encoder = WatchEventEncoder(path, representation, include: try Table.Include(query))
        let asked = try ListParameters(query)
        let timeout = try timeout(query)
        var options = WatchOptions(
            namespace: path.namespace, labelSelector: asked.labelSelector, fieldSelector: asked.fieldSelector,
            resourceVersion: asked.resourceVersion, bookmarks: query.flag("allowWatchBookmarks") ?? false)
        if let name = path.name {
            options.fieldSelector.requirements.append(.init(field: "metadata.name", value: name))
        }
        // What there is first, then a bookmark that says so, then what changes (KEP-3157).
        var initial: ObjectList?
        if query.flag("sendInitialEvents") == true {
            guard options.bookmarks, asked.versionMatch == .notOlderThan else {
                throw StatusError.invalidOptions(
                    "ListOptions", field: "sendInitialEvents", reason: "FieldValueForbidden",
                    "Forbidden: sendInitialEvents requires allowWatchBookmarks=true and "
                        + "resourceVersionMatch=NotOlderThan")
            }
            let list = try await client.list(
                path.kind,
                ListOptions(
                    namespace: options.namespace, labelSelector: options.labelSelector,
                    fieldSelector: options.fieldSelector))
            try asked.check(list)
            options.resourceVersion = list.resourceVersion
            initial = list
        }
        let stream: WatchStream
        do {
            stream = try await client.watch(path.kind, options)
        } catch let error as StatusError where error.code == 410 {
            // As Kubernetes does: the watch begins, and its one event is the error.
            return Self.stream(ResponseBody(byteBuffer: encoder.error(error)))
        }
        let first = initial
        return Self.stream(
            ResponseBody { [encoder] writer in
                var encoder = encoder
                let events = AsyncThrowingChannel<[WatchEvent], any Error>()
                try await request.body.consumeWithInboundCloseHandler { _ in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        defer { group.cancelAll() }
                        group.addTask { await Self.forward(stream, to: events) }
                        group.addTask { await Self.finish(events, after: timeout) }
                        group.addTask { await Self.finishWhenShuttingDown(events) }
                        if let first { try await Self.send(first, &encoder, &writer) }
                        do {
                            for try await batch in events { try await Self.send(batch, &encoder, &writer) }
                        } catch let error as StatusError {
                            try await writer.write(encoder.error(error))
                        }
                    }
                } onInboundClosed: {
                    events.finish()
                }
                try await writer.finish(nil)
            })
    }

    private static func stream(_ body: ResponseBody) -> Response {
        var response = Response(status: .ok, body: body)
        response.headers[.contentType] = "application/json"
        response.headers[.cacheControl] = "no-cache, private"
        return response
    }

    private func timeout(_ query: Query) throws(StatusError) -> Duration {
        if let seconds = try query.count("timeoutSeconds"), seconds > 0 {
            return .seconds(min(seconds, 86400))
        }
        // Spread, so that clients that began together do not return together.
        return limits.watch * Double.random(in: 1...2)
    }

    /// A channel hands over one batch at a time, so that a slow client fills the store's bounded buffer and no other.
    private static func forward(
        _ stream: WatchStream, to events: AsyncThrowingChannel<[WatchEvent], any Error>
    ) async {
        do {
            for try await batch in stream { await events.send(batch) }
            events.finish()
        } catch {
            events.fail(error)
        }
    }

    private static func finish(
        _ events: AsyncThrowingChannel<[WatchEvent], any Error>, after timeout: Duration
    ) async {
        do {
            try await Task.sleep(for: timeout)
        } catch {
            return  // the watch ended before
        }
        events.finish()
    }

    private static func finishWhenShuttingDown(_ events: AsyncThrowingChannel<[WatchEvent], any Error>) async {
        do {
            try await gracefulShutdown()
        } catch {
            return  // the watch ended before
        }
        events.finish()
    }

    private static func send(
        _ batch: [WatchEvent], _ encoder: inout WatchEventEncoder, _ writer: inout any ResponseBodyWriter
    ) async throws {
        var buffer = ByteBuffer()
        for event in batch {
            encoder.write(event, to: &buffer)
            if buffer.readableBytes >= ResponseBody.chunkBytes {
                try await writer.write(buffer)
                buffer = ByteBuffer()
            }
        }
        if buffer.readableBytes > 0 { try await writer.write(buffer) }
    }

    private static func send(
        _ list: ObjectList, _ encoder: inout WatchEventEncoder, _ writer: inout any ResponseBodyWriter
    ) async throws {
        try await send(list.items.map { WatchEvent(.added, $0) }, &encoder, &writer)
        try await writer.write(encoder.initialEventsEnd(resourceVersion: list.resourceVersion))
    }
}
