import Glibc
import Synchronization

/// A child process with its pipes, read by whoever asks: for tests of what comes over them, and when.
public final class PipedProcess: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    private struct State {
        var input: Int32?
        /// Read, and not asked for yet.
        var lines: [UInt8] = []
        var status: Int32?
    }

    private static let patience: Int32 = 60_000
    /// Becomes the program, and leaves a process behind that kills it when the shell's input ends.
    private static let wrapper = """
        exec 3<&0
        (cat <&3; kill -9 $$) >/dev/null 2>&1 &
        exec "$@" 3<&- </dev/null >/dev/null 2>&1
        """
    private let process: pid_t
    private let output: Int32
    private let errors: Int32
    private let state: Mutex<State>

    /// - Parameter diesWithParent: Killed when the tests end, however they do: a shell beside it waits for the end of
    ///   its own standard input, which the tests hold open.
    public init(_ words: [String], environment: [String] = [], diesWithParent: Bool = false) throws {
        signal(SIGPIPE, SIG_IGN)
        let input = try Self.makePipe()
        let output = try Self.makePipe()
        let errors = try Self.makePipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input.read, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output.write, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, errors.write, STDERR_FILENO)
        let words =
            diesWithParent
            ? ["/bin/sh", "-c", Self.wrapper, "sh"] + words : words
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var process = pid_t()
        let failure = posix_spawn(&process, words[0], &actions, nil, &arguments, &variables)
        for descriptor in [input.read, output.write, errors.write] { close(descriptor) }
        guard failure == 0 else { throw Failure(description: "\(words[0]): errno \(failure)") }
        self.process = process
        self.output = output.read
        self.errors = errors.read
        state = Mutex(State(input: input.write))
    }

    deinit {
        closeInput()
        close(output)
        close(errors)
    }

    public func write(_ bytes: [UInt8]) {
        guard let input = state.withLock({ $0.input }) else { return }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(input, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            guard count > 0 else { return }
            written += count
        }
    }

    public func closeInput() {
        state.withLock { state in
            if let input = state.input { close(input) }
            state.input = nil
        }
    }

    /// What is on standard output next; `nil` at its end, or after too long a silence.
    public func readSome() -> [UInt8]? {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, Self.patience) == 1 else { return nil }
        return Self.read(output)
    }

    /// The next line of standard output, without its newline.
    ///
    /// - Throws: ``Failure`` at its end, or after too long a silence.
    public func readLine() throws -> [UInt8] {
        while true {
            let line = state.withLock { state -> [UInt8]? in
                guard let newline = state.lines.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                defer { state.lines.removeFirst(newline + 1) }
                return Array(state.lines[..<newline])
            }
            if let line { return line }
            guard let more = readSome() else { throw Failure(description: "the process is silent or has ended") }
            state.withLock { $0.lines += more }
        }
    }

    public func readToEnd() -> (output: [UInt8], errors: [UInt8]) {
        var open: [(descriptor: Int32, bytes: [UInt8], isOpen: Bool)] = [(output, [], true), (errors, [], true)]
        while open.contains(where: \.isOpen) {
            var ready = open.map { pollfd(fd: $0.isOpen ? $0.descriptor : -1, events: Int16(POLLIN), revents: 0) }
            guard poll(&ready, 2, Self.patience) > 0 else {
                kill(SIGKILL)
                break
            }
            for position in open.indices where ready[position].revents != 0 {
                if let bytes = Self.read(open[position].descriptor) {
                    open[position].bytes += bytes
                } else {
                    open[position].isOpen = false
                }
            }
        }
        return (open[0].bytes, open[1].bytes)
    }

    public func kill(_ signal: Int32) { _ = Glibc.kill(process, signal) }

    /// Stops it, and waits until every thread of it has: those that run go on for a while after the signal.
    public func suspend() {
        state.withLock { state in
            guard state.status == nil else { return }
            _ = Glibc.kill(process, SIGSTOP)
            var status: Int32 = 0
            while waitpid(process, &status, WUNTRACED) < 0, errno == EINTR {}
            let hasStopped = status & 0xFF == 0x7F
            if !hasStopped { state.status = status }
        }
    }

    public var isRunning: Bool {
        state.withLock { state in
            if state.status != nil { return false }
            var status: Int32 = 0
            guard waitpid(process, &status, WNOHANG) == process else { return true }
            state.status = status
            return false
        }
    }

    /// As waitpid(2) gives it.
    public func wait() -> Int32 {
        state.withLock { state in
            if let status = state.status { return status }
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            state.status = status
            return status
        }
    }

    private static func read(_ descriptor: Int32) -> [UInt8]? {
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        let count = Glibc.read(descriptor, &block, block.count)
        return count > 0 ? Array(block.prefix(count)) : nil
    }

    /// Only the child's copies may be inherited: a pipe held by another child of a test beside would never end.
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Failure(description: "pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}
