import CCurl
import Glibc
import Synchronization

/// The thread that drives all transfers of a client: libcurl's multi interface wants one thread, and one is enough. It
/// starts with the first transfer and sleeps while there is nothing to do.
final class TransferLoop: Sendable {
    /// `@unchecked Sendable`: used by the loop's thread alone, but for curl_multi_wakeup(3), which may be called from
    /// any.
    private struct MultiHandle: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    private struct State: Sendable {
        var handle: MultiHandle?
        var submitted: [Transfer] = []
        var givenUp: [Transfer] = []
        var isStopped = false
    }

    private let maximumConnections: Int
    private let state = Mutex(State())

    init(maximumConnections: Int) { self.maximumConnections = maximumConnections }

    /// Starts the transfer; `continuation` gets what comes of it.
    func submit(_ transfer: Transfer, _ continuation: CheckedContinuation<Transfer.Outcome, Never>) {
        let refusal = state.withLock { state -> HTTPFailure? in
            if transfer.isGivenUp { return transfer.failure(.cancelled, "was given up before it was sent") }
            if state.handle == nil, let failure = start(&state, for: transfer) { return failure }
            transfer.continuation = continuation
            state.submitted.append(transfer)
            Self.wake(state)
            return nil
        }
        if let refusal { continuation.resume(returning: .failure(refusal)) }
    }

    /// Ends the transfer, wherever it stands.
    func giveUp(_ transfer: Transfer) {
        state.withLock { state in
            transfer.isGivenUp = true
            state.givenUp.append(transfer)
            Self.wake(state)
        }
    }

    /// Ends the thread. There must be no transfers.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            Self.wake(state)
        }
    }

    private static func wake(_ state: State) {
        if let handle = state.handle { curl_multi_wakeup(handle.pointer) }
    }

    private func start(_ state: inout State, for transfer: Transfer) -> HTTPFailure? {
        guard CurlLibrary.isReady, let pointer = curl_multi_init() else {
            return transfer.failure(.notSent, "libcurl cannot be started; is there memory left?")
        }
        ccurl_multi_set_long(pointer, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
        ccurl_multi_set_long(pointer, CURLMOPT_MAXCONNECTS, maximumConnections)
        let handle = MultiHandle(pointer: pointer)
        let status = LoopThread.start { [self] in run(handle.pointer) }
        guard status == 0 else {
            curl_multi_cleanup(pointer)
            return transfer.failure(.notSent, "the thread that sends requests cannot be started: errno \(status)")
        }
        state.handle = handle
        return nil
    }

    private func run(_ multi: UnsafeMutableRawPointer) {
        var active: [UnsafeMutableRawPointer: Transfer] = [:]
        while true {
            let (submitted, givenUp, isStopped) = state.withLock { state in
                defer { (state.submitted, state.givenUp) = ([], []) }
                return (state.submitted, state.givenUp, state.isStopped)
            }
            for transfer in submitted {
                if let handle = transfer.begin(in: multi) { active[handle] = transfer }
            }
            for transfer in givenUp {
                guard let handle = transfer.handle, active.removeValue(forKey: handle) != nil else { continue }
                transfer.end(.givenUp, in: multi)
            }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            var remaining: Int32 = 0
            while let message = curl_multi_info_read(multi, &remaining) {
                guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else { continue }
                // To be read before the handle is removed: the message lives no longer.
                let result = message.pointee.data.result
                active.removeValue(forKey: handle)?.end(.done(result), in: multi)
            }
            if isStopped, active.isEmpty {
                curl_multi_cleanup(multi)
                return
            }
            // libcurl shortens the wait to its own next timeout.
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
    }
}

/// libcurl, and OpenSSL beneath it, made ready once in the life of the process.
enum CurlLibrary {
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// A directory of hashed certificates, of which OpenSSL reads the one that it needs. The bundle beside it, which
    /// libcurl would read by default, takes OpenSSL 3.0 about 20 ms: longer than all else that a driver started for one
    /// call does. `nil` where there is none: then libcurl's default holds.
    static let hashedCertificates: String? = {
        guard let path = ccurl_certificate_directory(), let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".0") { return String(cString: path) }
        }
        return nil
    }()
}

private enum LoopThread {
    /// Starts a detached thread, with every signal blocked: they are for the threads that serve calls.
    ///
    /// - Returns: 0, or the errno of pthread_create(3).
    static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        let box = Unmanaged.passRetained(Box(body))
        var blocked = sigset_t()
        var former = sigset_t()
        sigfillset(&blocked)
        pthread_sigmask(SIG_SETMASK, &blocked, &former)
        defer { pthread_sigmask(SIG_SETMASK, &former, nil) }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, box.toOpaque())
        if status == 0 { pthread_detach(thread) } else { box.release() }
        return status
    }
}
