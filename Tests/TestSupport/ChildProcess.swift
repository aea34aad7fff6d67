import Foundation
import Glibc
import Synchronization

/// A program that a test runs: its output goes to files, so that no pipe fills and no thread waits.
public struct ChildProcess: Sendable {
    public struct Output: Sendable {
        /// 128 and the signal's number for a program that a signal ended.
        public let status: Int32
        public let output: String
        public let errors: String
        public let hasTimedOut: Bool

        public var isSuccess: Bool { status == 0 && !hasTimedOut }
    }

    public var executable: String
    public var arguments: [String]
    /// Replaces the environment.
    public var environment: [String: String]
    public var input: String?
    public var workingDirectory: String?

    public init(
        executable: String, arguments: [String], environment: [String: String], input: String? = nil,
        workingDirectory: String? = nil
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.input = input
        self.workingDirectory = workingDirectory
    }

    /// Runs it to its end, or kills it at the deadline, or when the task is cancelled.
    public func run(deadline: Duration = .seconds(60)) async throws -> Output {
        try await withTemporaryDirectory { directory in
            let output = directory + "/output"
            let errors = directory + "/errors"
            let process = try start(output: output, errors: errors, directory: directory)
            let hasTimedOut = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    for await _ in process.exits {}
                    return false
                }
                group.addTask {
                    try await Task.sleep(for: deadline)
                    return true
                }
                defer {
                    group.cancelAll()
                    process.kill()
                }
                return try await group.next() ?? false
            }
            if hasTimedOut {
                process.kill()
                for await _ in process.exits {}
            }
            return Output(
                status: process.status, output: try Self.text(output), errors: try Self.text(errors),
                hasTimedOut: hasTimedOut)
        }
    }

    /// Starts it, and ends it when `body` returns.
    ///
    /// - Parameter body: Gets what the program has written to its output so far.
    public func running<Value: Sendable>(
        _ body: (_ outputSoFar: @Sendable () throws -> String) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryDirectory { directory in
            let output = directory + "/output"
            let process = try start(output: output, errors: directory + "/errors", directory: directory)
            defer { process.kill() }
            return try await body { try Self.text(output) }
        }
    }

    private static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    private func start(output: String, errors: String, directory: String) throws -> StartedProcess {
        let input = directory + "/input"
        try Data((self.input ?? "").utf8).write(to: URL(fileURLWithPath: input))
        for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
        return try StartedProcess(self, files: [input, output, errors], directory: workingDirectory ?? directory)
    }
}

/// Started by posix_spawn(3), not by Foundation's `Process`: that reads past the end of readdir(3)'s buffer when more than
/// 1364 files are open, as they are in tests of many connections.
private final class StartedProcess: Sendable {
    private let pid: pid_t
    /// The status of waitpid(2); `nil` until the process is reaped.
    private let ended = Mutex<Int32?>(nil)
    /// Ends when the process has.
    let exits: AsyncStream<Void>

    /// Two functions of glibc that Swift's view of it lacks.
    private typealias AddDirectory =
        @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>) -> Int32
    private typealias AddDescriptor = @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
    private static var changeDirectory: UnsafeMutableRawPointer? {
        dlsym(nil, "posix_spawn_file_actions_addchdir_np")
    }
    private static var closeFrom: UnsafeMutableRawPointer? {
        dlsym(nil, "posix_spawn_file_actions_addclosefrom_np")
    }

    /// - Parameter files: The standard input, output and error, which exist.
    init(_ program: ChildProcess, files: [String], directory: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, file) in files.enumerated() {
            posix_spawn_file_actions_addopen(
                &actions, Int32(descriptor), file, descriptor == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        guard let changeDirectory = Self.changeDirectory, let closeFrom = Self.closeFrom else {
            throw POSIXError(.ENOSYS)
        }
        _ = unsafeBitCast(changeDirectory, to: AddDirectory.self)(&actions, directory)
        _ = unsafeBitCast(closeFrom, to: AddDescriptor.self)(&actions, 3)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The threads of the test block signals, and SIGPIPE is ignored.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        let path = URL(fileURLWithPath: program.executable).path
        let arguments = ([path] + program.arguments).map { strdup($0) } + [nil]
        let environment = program.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, path, &actions, &attributes, arguments, environment)
        guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EIO) }
        self.pid = pid
        let child = pid
        let (exits, continuation) = AsyncStream<Void>.makeStream()
        self.exits = exits
        Thread.detachNewThread { [self] in
            // Reaped only under the lock, so that `kill` never signals another process with this id.
            var information = siginfo_t()
            while waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            ended.withLock { ended in
                var status: Int32 = 0
                while waitpid(child, &status, 0) < 0, errno == EINTR {}
                ended = status
            }
            continuation.finish()
        }
    }

    var status: Int32 {
        let status = ended.withLock { $0 } ?? 0
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    func kill() {
        ended.withLock { ended in
            if ended == nil { _ = Glibc.kill(pid, SIGKILL) }
        }
    }
}
