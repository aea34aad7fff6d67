import CNFS
import Glibc

/// One TCP connection to one RPC program of a server. Requests are queued and their answers awaited with poll(2), as
/// many at a time as the caller likes, all on the calling thread: a libnfs context is not safe to share.
final class Connection {
    typealias Answer = Result<UnsafeMutableRawPointer, NFSError>

    /// Waits are cut into pieces so that a call that is given up notices.
    private static let cancellationInterval: Duration = .milliseconds(50)

    /// One request on its way. Owned by libnfs, as its callback's argument, until the callback runs, which it does
    /// exactly once: with the answer, or when the context is destroyed.
    private final class InFlight {
        let operation: String
        let subject: String
        let traffic: Traffic
        let acceptsNoData: Bool
        let complete: (Answer) -> Void

        init(
            _ operation: String, _ subject: String, _ traffic: Traffic, _ acceptsNoData: Bool,
            _ complete: @escaping (Answer) -> Void
        ) {
            self.acceptsNoData = acceptsNoData
            self.operation = operation
            self.subject = subject
            self.traffic = traffic
            self.complete = complete
        }
    }

    /// Apart from the connection, since requests that are still on their way outlive it for a moment.
    private final class Traffic {
        var inFlight = 0
        var answers: UInt64 = 0
    }

    private static let callback: rpc_cb = { _, status, data, context in
        guard let context else { return }
        let request = Unmanaged<InFlight>.fromOpaque(context).takeRetainedValue()
        request.traffic.inFlight -= 1
        request.traffic.answers += 1
        if status == RPC_STATUS_SUCCESS, let data = data ?? (request.acceptsNoData ? context : nil) {
            request.complete(.success(data))
        } else {
            // In the case of a failure, data may be a message, but not always one that can be read.
            let reason = status == RPC_STATUS_CANCEL ? "the connection was given up" : "the connection broke"
            request.complete(
                .failure(NFSError(operation: request.operation, subject: request.subject, cause: .noAnswer(reason))))
        }
    }

    let server: String
    /// Requests without an answer yet.
    var inFlight: Int { traffic.inFlight }
    private let traffic = Traffic()
    private var isBroken = false
    private let context: OpaquePointer
    /// Without any answer for so long, the server counts as gone.
    private let patience: Duration

    /// Connects to a port.
    ///
    /// - Parameter credential: Who the server takes us for (AUTH_SYS).
    convenience init(
        server: String, port: UInt16, program: Int32, version: Int32, credential: RPCCredential, patience: Duration
    ) throws {
        try self.init(server, "\(server) port \(port)", credential, patience) { context, callback, pointer in
            rpc_connect_port_async(context, server, Int32(port), program, version, callback, pointer)
        }
    }

    /// Connects to the port that the server's portmapper gives for the program.
    convenience init(
        server: String, lookingUp program: Int32, version: Int32, credential: RPCCredential, patience: Duration
    ) throws {
        let place = "\(server), RPC program \(program) by its portmapper"
        try self.init(server, place, credential, patience) { context, callback, pointer in
            rpc_connect_program_async(context, server, program, version, callback, pointer)
        }
    }

    private init(
        _ server: String, _ place: String, _ credential: RPCCredential, _ patience: Duration,
        _ connect: (OpaquePointer, @escaping rpc_cb, UnsafeMutableRawPointer) -> Int32
    ) throws {
        guard let context = rpc_init_context() else {
            throw NFSError(operation: "connect", subject: server, cause: .noAnswer("no memory for a context"))
        }
        self.server = server
        self.context = context
        self.patience = patience
        if let auth = libnfs_authunix_create("berth", credential.uid, credential.gid, 0, nil) {
            rpc_set_auth(context, auth)
        }
        var answer: Answer?
        // Success comes without data.
        try submit("connect", place, connect, acceptsNoData: true) { answer = $0 }
        try run { answer == nil }
        if case .failure(let error) = answer { throw error }
    }

    deinit { rpc_destroy_context(context) }

    /// Nothing is outstanding, and the server has not hung up while nobody looked.
    var isReusable: Bool {
        guard !isBroken, inFlight == 0 else { return false }
        var state = pollfd(fd: rpc_get_fd(context), events: Int16(POLLIN), revents: 0)
        // Without a request there is nothing that the server could have to say, other than goodbye.
        return poll(&state, 1, 0) == 0
    }

    /// Queues a request. `completion` runs within a later ``run(while:)``; what the pointer leads to lives as long as it.
    ///
    /// - Parameter send: Calls one of libnfs's functions, which copy their arguments, with the callback and its
    ///   argument; returns what that returned.
    func submit(
        _ operation: String, _ subject: String,
        _ send: (OpaquePointer, @escaping rpc_cb, UnsafeMutableRawPointer) -> Int32,
        completion: @escaping (Answer) -> Void
    ) throws(NFSError) {
        try submit(operation, subject, send, acceptsNoData: false, completion)
    }

    private func submit(
        _ operation: String, _ subject: String,
        _ send: (OpaquePointer, @escaping rpc_cb, UnsafeMutableRawPointer) -> Int32,
        acceptsNoData: Bool, _ completion: @escaping (Answer) -> Void
    ) throws(NFSError) {
        let request = Unmanaged.passRetained(InFlight(operation, subject, traffic, acceptsNoData, completion))
        traffic.inFlight += 1
        guard send(context, Self.callback, request.toOpaque()) == 0 else {
            traffic.inFlight -= 1
            request.release()
            isBroken = true
            let reason = rpc_get_error(context).map { String(cString: $0) } ?? "the request cannot be sent"
            throw NFSError(operation: operation, subject: subject, cause: .noAnswer(reason))
        }
    }

    /// Sends and receives as long as `condition` holds.
    ///
    /// - Throws: ``NFSError`` when the connection breaks or the server is silent; `CancellationError`. Either leaves
    ///   requests outstanding: the connection is of no use any more.
    func run(while condition: () -> Bool) throws {
        let clock = ContinuousClock()
        var lastAnswer = clock.now
        var seen = traffic.answers
        while condition() {
            guard !isBroken else { throw broken("the connection broke") }
            var state = pollfd(fd: rpc_get_fd(context), events: Int16(rpc_which_events(context)), revents: 0)
            let ready = poll(&state, 1, Int32(Self.cancellationInterval / .milliseconds(1)))
            if ready < 0, errno != EINTR { throw broken("poll: errno \(errno)") }
            // Called also when nothing happened: libnfs counts on it.
            if rpc_service(context, ready > 0 ? Int32(state.revents) : 0) < 0 {
                isBroken = true
                guard condition() else { return }
                throw broken("the connection broke")
            }
            if Task.isCancelled, condition() {
                isBroken = true
                throw CancellationError()
            }
            if traffic.answers != seen {
                seen = traffic.answers
                lastAnswer = clock.now
            } else if ready == 0, clock.now - lastAnswer > patience {
                throw broken("no answer for \(patience)")
            }
        }
    }

    private func broken(_ reason: String) -> NFSError {
        isBroken = true
        return NFSError(operation: "connection", subject: server, cause: .noAnswer(reason))
    }
}

/// Whom AUTH_SYS says that we are. A server that squashes root makes nobody of 0.
struct RPCCredential: Hashable, Sendable {
    var uid: UInt32
    var gid: UInt32

    static var ownProcess: RPCCredential { RPCCredential(uid: geteuid(), gid: getegid()) }
}
