import NIOCore

/// What one connection is doing, and how long it may continue. Pure: ``ConnectionHandler`` reports events and carries
/// out the actions that this type returns.
struct ConnectionLifecycle {
    enum Action: Equatable {
        case proceed
        /// Answer with this, read nothing more, and close.
        case refuse(ConnectionFault)
        /// Read nothing more, and close once everything written has been sent.
        case finish
        /// Close without another byte.
        case close
    }

    private struct Body {
        let since: NIODeadline
        var windowSince: NIODeadline
        var windowBytes = 0
    }

    /// How many of the written bytes the kernel has taken, and when that number last grew.
    private struct Progress {
        var sentBytes = 0
        var at: NIODeadline
    }

    private let limits: APIServerConfiguration.Limits
    private let openedAt: NIODeadline
    /// The number of requests whose answer is not complete.
    private var requestsInProgress = 0
    private var hasHadRequest = false
    private var headerSince: NIODeadline?
    private var idleSince: NIODeadline
    /// The body of the request that is being read.
    private var body: Body?
    private var isAnswering = false
    private var closesWhenAnswered = false
    private var isLastRequest = false
    private var pendingFault: ConnectionFault?
    private var progress: Progress
    private var lingersUntil: NIODeadline?
    private(set) var isFinishing = false
    /// Whether the server itself wants more bytes. While it does not, a client cannot be too slow.
    var isReading = true
    var isAuthenticated = false

    init(_ limits: APIServerConfiguration.Limits, openedAt: NIODeadline) {
        self.limits = limits
        self.openedAt = openedAt
        idleSince = openedAt
        progress = Progress(at: openedAt)
    }

    var isReadingBody: Bool { body != nil }

    /// Whether further bytes are dropped, since the connection ends with the request in progress. After `CONNECT` or
    /// `Upgrade` the parser would keep everything that follows in memory.
    var discardsInput: Bool { isFinishing || (isLastRequest && body == nil) }

    /// Whether the answer that begins now is the last one.
    var closesAfterAnswer: Bool { closesWhenAnswered || (requestsInProgress == 1 && body != nil) }

    /// Bytes of a request arrived. While one is being answered they belong to the next, whose clock does not run yet.
    mutating func bytesArrived(at now: NIODeadline) {
        if requestsInProgress == 0, headerSince == nil { headerSince = now }
    }

    /// - Parameter isLast: The client expects no further answer on this connection.
    mutating func headArrived(isLast: Bool, at now: NIODeadline) {
        if requestsInProgress == 0 { progress.at = now }
        requestsInProgress += 1
        hasHadRequest = true
        headerSince = nil
        body = Body(since: now, windowSince: now)
        if isLast {
            isLastRequest = true
            closesWhenAnswered = true
        }
    }

    mutating func bodyArrived(bytes: Int) {
        body?.windowBytes += bytes
    }

    mutating func requestEnded() {
        body = nil
    }

    mutating func answerBegan() {
        isAnswering = true
    }

    mutating func answerEnded(at now: NIODeadline) -> Action {
        // An answer without a request comes from the HTTP library itself.
        requestsInProgress = max(0, requestsInProgress - 1)
        isAnswering = false
        if let pendingFault, requestsInProgress == 0 || (requestsInProgress == 1 && body != nil) {
            return .refuse(pendingFault)
        }
        guard requestsInProgress == 0 else { return .proceed }
        idleSince = now
        // The rest of an unwanted body is not read: it may be long, and come from anyone.
        return closesWhenAnswered || body != nil ? .finish : .proceed
    }

    /// A fault in what the client sends. Answers to the requests before it come first.
    mutating func failed(_ fault: ConnectionFault) -> Action {
        guard !isFinishing else { return .proceed }
        if requestsInProgress == 0 || (requestsInProgress == 1 && body != nil && !isAnswering) { return .refuse(fault) }
        pendingFault = pendingFault ?? fault
        return .proceed
    }

    /// The server is shutting down.
    mutating func quiesce() -> Action {
        guard requestsInProgress > 0 else { return isFinishing ? .proceed : .close }
        closesWhenAnswered = true
        return .proceed
    }

    mutating func finishing() {
        isFinishing = true
    }

    /// Everything has been sent. The client gets some time to read it: closing at once, with unread bytes from the
    /// client, would reset the connection and could discard the answer (RFC 9112, section 9.6).
    mutating func outputClosed(at now: NIODeadline) {
        if lingersUntil == nil { lingersUntil = now + TimeAmount(limits.linger) }
    }

    /// - Parameters:
    ///   - writtenBytes: Since the connection was opened.
    ///   - bufferedBytes: Of those, what the kernel has not taken yet.
    mutating func timePassed(to now: NIODeadline, writtenBytes: Int, bufferedBytes: Int) -> Action {
        if let lingersUntil, now >= lingersUntil { return .close }
        if requestsInProgress > 0 || isFinishing {
            let sentBytes = writtenBytes - bufferedBytes
            if bufferedBytes == 0 || sentBytes > progress.sentBytes {
                progress = Progress(sentBytes: sentBytes, at: now)
            } else if now >= progress.at + TimeAmount(limits.unreadAnswer) {
                return .close
            }
        }
        if isFinishing {
            if bufferedBytes == 0 { outputClosed(at: now) }
            return .proceed
        }
        if requestsInProgress == 0 { return waited(to: now) }
        return bodyTimePassed(to: now)
    }

    /// When ``timePassed(to:writtenBytes:bufferedBytes:)`` is due.
    var nextDeadline: NIODeadline {
        if let lingersUntil { return lingersUntil }
        if requestsInProgress == 0, !isFinishing { return waitDeadline }
        let unread = progress.at + TimeAmount(limits.unreadAnswer)
        guard let body, !isAnswering, !isFinishing, pendingFault == nil else { return unread }
        return min(unread, bodyDeadline(body), body.windowSince + TimeAmount(limits.bodyRateWindow))
    }

    /// Until when a request's header has to be complete, or to begin.
    private var waitDeadline: NIODeadline {
        if !hasHadRequest { return openedAt + TimeAmount(limits.requestHeader) }
        if let headerSince { return headerSince + TimeAmount(limits.requestHeader) }
        return idleSince + TimeAmount(isAuthenticated ? limits.idle : limits.unauthenticatedIdle)
    }

    private mutating func waited(to now: NIODeadline) -> Action {
        guard now >= waitDeadline else { return .proceed }
        // A client that has sent nothing gets no answer.
        return headerSince == nil ? .close : failed(.slowHeader(limits.requestHeader))
    }

    private func bodyDeadline(_ body: Body) -> NIODeadline { body.since + TimeAmount(limits.body) }

    private mutating func bodyTimePassed(to now: NIODeadline) -> Action {
        guard let body, !isAnswering, pendingFault == nil else { return .proceed }
        if now >= bodyDeadline(body) { return failed(.lateBody(limits.body)) }
        guard now >= body.windowSince + TimeAmount(limits.bodyRateWindow) else { return .proceed }
        if isReading, body.windowBytes < limits.bodyBytesPerWindow {
            return failed(.slowBody(leastBytes: limits.bodyBytesPerWindow, window: limits.bodyRateWindow))
        }
        self.body = Body(since: body.since, windowSince: now)
        return .proceed
    }
}
