import Foundation

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
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: workingDirectory ?? directory)
        for path in [output, errors] { try Data().write(to: URL(fileURLWithPath: path)) }
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errors))
        let inputPath = directory + "/input"
        try Data((input ?? "").utf8).write(to: URL(fileURLWithPath: inputPath))
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: inputPath))
        return try StartedProcess(process)
    }
}

/// `@unchecked Sendable`: `Process` is used from one thread at a time here: it is configured before it runs, and what
/// is read or called afterwards (`terminationStatus`, `processIdentifier`) does not change once it has run.
private final class StartedProcess: @unchecked Sendable {
    private let process: Process
    /// Ends when the process has.
    let exits: AsyncStream<Void>

    init(_ process: Process) throws {
        self.process = process
        let (exits, continuation) = AsyncStream<Void>.makeStream()
        self.exits = exits
        process.terminationHandler = { _ in continuation.finish() }
        try process.run()
    }

    var status: Int32 {
        process.terminationReason == .uncaughtSignal ? 128 + process.terminationStatus : process.terminationStatus
    }

    func kill() {
        if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    }
}
