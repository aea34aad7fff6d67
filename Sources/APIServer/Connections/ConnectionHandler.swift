import NIOCore
import NIOHTTP1

/// Enforces the ``ConnectionLifecycle`` of one connection, and answers what the HTTP parser cannot read. Comes after
/// the parser in the pipeline; ``WireHandler`` and ``RequestBytesHandler`` report to it what they see ahead of the
/// parser.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let connections: ConnectionRegistry
    private let headerBytes: Int
    private let eventLoop: any EventLoop
    private var lifecycle: ConnectionLifecycle
    private var requestLine = RequestLineMeter()
    private var context: ChannelHandlerContext?
    private var timer: (deadline: NIODeadline, task: Scheduled<Void>)?
    /// Over the wire, since the connection was opened.
    var writtenBytes = 0

    init(
        _ limits: APIServerConfiguration.Limits, connections: ConnectionRegistry, headerBytes: Int,
        eventLoop: any EventLoop
    ) {
        self.connections = connections
        self.headerBytes = headerBytes
        self.eventLoop = eventLoop
        lifecycle = ConnectionLifecycle(limits, openedAt: .now())
    }

    // MARK: - From the other handlers

    func spoke(_ channel: any Channel) {
        connections.spoke(channel)
    }

    /// - Returns: Whether the bytes are passed on to the parser.
    func bytesArrived(_ bytes: ByteBuffer) -> Bool {
        if lifecycle.discardsInput { return false }
        requestLine.read(bytes)
        lifecycle.bytesArrived(at: .now())
        if let context { schedule(context) }
        return true
    }

    // MARK: - The pipeline

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        connections.opened(context.channel)
        schedule(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.task.cancel()
        timer = nil
        self.context = nil
        connections.closed(context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !lifecycle.isFinishing else { return }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): lifecycle.headArrived(isLast: Self.isLast(head), at: .now())
        case .body(let bytes): lifecycle.bodyArrived(bytes: bytes.readableBytes)
        case .end:
            lifecycle.requestEnded()
            requestLine = RequestLineMeter()
        }
        schedule(context)
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        lifecycle.isReading = false
        context.fireChannelReadComplete()
        // No later handler asks for more any longer; this one waits for the client to close.
        if lifecycle.isFinishing { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        lifecycle.isReading = true
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !lifecycle.isFinishing else {
            // The last answer was given, by this handler or before it.
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head):
            guard head.status.code >= 200 else { break }
            lifecycle.answerBegan()
            if lifecycle.closesAfterAnswer { head.headers.replaceOrAdd(name: "Connection", value: "close") }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
            return
        case .body: break
        case .end:
            context.write(data, promise: promise)
            lifecycle.isAuthenticated = connections.isAuthenticated(context.channel)
            perform(lifecycle.answerEnded(at: .now()), context)
            return
        }
        context.write(data, promise: promise)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode == .output else {
            context.close(mode: mode, promise: promise)
            return
        }
        if !lifecycle.isFinishing { finish(context) }
        promise?.succeed()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: perform(lifecycle.quiesce(), context)
        case ChannelEvent.inputClosed where lifecycle.isFinishing: context.close(promise: nil)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !lifecycle.isFinishing else { return }
        guard let error = error as? HTTPParserError else {
            // An error of the socket or of TLS: there is nobody left to answer.
            context.fireErrorCaught(error)
            return
        }
        let fault = ConnectionFault(error, requestLineBytes: requestLine.bytes, limit: headerBytes)
        let action = lifecycle.failed(fault)
        if action == .proceed {
            // Ends the reading, and with it a watch. The fault is answered after the request in progress.
            context.fireErrorCaught(error)
        } else {
            perform(action, context)
        }
    }

    // MARK: - Carrying out

    private func perform(_ action: ConnectionLifecycle.Action, _ context: ChannelHandlerContext) {
        switch action {
        case .proceed: schedule(context)
        case .refuse(let fault):
            let answer = fault.answer
            let isReadingBody = lifecycle.isReadingBody
            context.write(Self.wrapOutboundOut(.head(answer.head)), promise: nil)
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
            context.write(Self.wrapOutboundOut(.end(nil)), promise: nil)
            // A body that was cut short must not be taken for a whole one.
            if isReadingBody { context.fireErrorCaught(HTTPParserError.closedConnection) }
            finish(context)
        case .finish: finish(context)
        case .close: context.close(promise: nil)
        }
    }

    /// Sends what was written, tells the client that nothing follows, and closes the connection when the client has
    /// done so or has had its time.
    private func finish(_ context: ChannelHandlerContext) {
        lifecycle.finishing()
        context.flush()
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenComplete { _ in
            self.lifecycle.outputClosed(at: .now())
            if let context = self.context { self.schedule(context) }
        }
        context.close(mode: .output, promise: closed)
        // Tells whoever still reads requests that there are no more.
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        schedule(context)
        context.read()
    }

    private func schedule(_ context: ChannelHandlerContext) {
        let deadline = lifecycle.nextDeadline
        // A timer that fires early looks again; most deadlines only move away.
        if let timer, timer.deadline <= deadline { return }
        timer?.task.cancel()
        let task = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { self.timerFired() }
        timer = (deadline, task)
    }

    private func timerFired() {
        timer = nil
        guard let context else { return }
        // A channel that does not say has been closed meanwhile.
        let buffered = (try? context.channel.syncOptions?.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
        perform(
            lifecycle.timePassed(to: .now(), writtenBytes: writtenBytes, bufferedBytes: buffered), context)
    }

    /// Whether the connection ends with this request: the client says so; the client asks for another protocol, which
    /// is not offered, and would continue in that; or the method is `HEAD`, whose answer would have to have no body.
    private static func isLast(_ head: HTTPRequestHead) -> Bool {
        !head.isKeepAlive || head.method == .CONNECT || head.method == .HEAD || head.headers.contains(name: "Upgrade")
    }
}
