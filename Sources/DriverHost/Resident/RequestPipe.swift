import Glibc
import Synchronization

/// The stdin of a resident driver, for many callers at once.
///
/// The caller that finds nobody writing writes by itself, and takes along what others add meanwhile; so a lone request
/// needs no other thread, and many at once share a write(2). Nobody blocks: what does not fit into the pipe waits for the
/// thread that polls it.
final class RequestPipe: Sendable {
    private struct State {
        /// `nil` before the process is started, and after the pipe was closed.
        var input: OwnedDescriptor?
        var outgoing: [UInt8] = []
        /// A thread is in write(2), without the lock.
        var isWriting = false
        /// The pipe is full.
        var isFull = false

        /// - Returns: Whether the caller must write: there is something, and nobody else does.
        mutating func beginWriting() -> Bool {
            guard !isWriting, !isFull, input != nil, !outgoing.isEmpty else { return false }
            isWriting = true
            return true
        }
    }

    /// Tells the polling thread that there is something to wait for.
    private let pipeIsFull: @Sendable () -> Void
    private let state = Mutex(State())

    init(pipeIsFull: @escaping @Sendable () -> Void) {
        self.pipeIsFull = pipeIsFull
    }

    /// What to poll for room; `nil` when nobody waits for it.
    var fullInput: OwnedDescriptor? { state.withLock { $0.isFull ? $0.input : nil } }

    /// The process is there: what was sent before goes out.
    func open(_ input: OwnedDescriptor) {
        let mustWrite = state.withLock { state in
            state.input = input
            return state.beginWriting()
        }
        if mustWrite { flush() }
    }

    /// Sends one JSON object as a line.
    func send(_ line: [UInt8]) {
        let mustWrite = state.withLock { state in
            state.outgoing += line
            state.outgoing.append(0x0A)
            return state.beginWriting()
        }
        if mustWrite { flush() }
    }

    /// There is room again.
    func resume() {
        let mustWrite = state.withLock { state in
            state.isFull = false
            return state.beginWriting()
        }
        if mustWrite { flush() }
    }

    /// Closes the pipe when all is written.
    ///
    /// - Returns: Whether it is closed.
    func closeWhenWritten() -> Bool {
        state.withLock { state in
            guard !state.isWriting, state.outgoing.isEmpty else { return false }
            state.input?.close()
            state.input = nil
            return true
        }
    }

    /// The process has ended.
    func discard() {
        state.withLock { state in
            state.outgoing = []
            state.input = nil  // closed by whoever lets go of it last: a thread may be in write(2) still
        }
    }

    private func flush() {
        while true {
            let next: (bytes: [UInt8], input: OwnedDescriptor)? = state.withLock { state in
                guard let input = state.input, !state.outgoing.isEmpty else {
                    state.isWriting = false
                    return nil
                }
                defer { state.outgoing = [] }
                return (state.outgoing, input)
            }
            guard let (bytes, input) = next else { return }
            guard let unwritten = Self.write(bytes, to: input) else { continue }
            state.withLock { state in
                state.isWriting = false
                state.isFull = !unwritten.isEmpty
                state.outgoing = unwritten.isEmpty ? [] : unwritten + state.outgoing
            }
            if !unwritten.isEmpty { pipeIsFull() }
            return
        }
    }

    /// - Returns: `nil` when all is written; what is left when the pipe is full; nothing when the process reads no more
    ///   (EPIPE): it is ending, or its calls run into their deadlines.
    private static func write(_ bytes: [UInt8], to input: OwnedDescriptor) -> [UInt8]? {
        var position = 0
        while position < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(input.rawValue, bytes.baseAddress.map { $0 + position }, bytes.count - position)
            }
            if count > 0 {
                position += count
            } else if errno != EINTR {
                return errno == EAGAIN ? Array(bytes[position...]) : []
            }
        }
        return nil
    }
}
