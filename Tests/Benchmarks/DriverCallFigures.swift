import DriverHost
import DriverProtocol
import Foundation
import Glibc
import Logging

/// A driver called through the host, against the least that the machine asks for the same.
enum DriverCallFigures {
    static func measure(directory: String) async throws -> [BenchmarkRow] {
        [try await once(), try await resident(directory: directory)]
    }

    /// A start per call: what the host adds to posix_spawn(3) with three pipes of the same executable.
    private static func once(count: Int = 300) async throws -> BenchmarkRow {
        let driver = BuiltPrograms.path("hostpath-driver")
        let request = Array(#"{"protocol":"1.0","verb":"init","callID":"bench","driver":{"name":"bench"}}"#.utf8)
        var bare: [Double] = []
        var hosted: [Double] = []
        // In turn, so that both see the same machine.
        for _ in 0..<count {
            let start = ContinuousClock.now
            try BareProcess.call(driver, "init", input: request)
            bare.append((ContinuousClock.now - start).seconds * 1000)
            let second = ContinuousClock.now
            guard case .success = await DriverHost.probe(executable: driver).result else {
                throw BenchmarkFailure("hostpath-driver does not answer init")
            }
            hosted.append((ContinuousClock.now - second).seconds * 1000)
        }
        return BenchmarkRow(
            figure: "a once-per-call driver, p50", value: hosted.percentile(0.5), unit: "ms",
            direction: .lowerIsBetter, floor: ("bare posix_spawn", bare.percentile(0.5)), goal: .ratio(1.25))
    }

    /// A line to a resident driver and one back, against the same with a program that only echoes. The call is one whose
    /// work is little: would this volume be made?
    private static func resident(directory: String, count: Int = 5000) async throws -> BenchmarkRow {
        let file = directory + "/bench-drivers.json"
        try """
        {"apiVersion": "berth.dev/v1", "drivers": [{"name": "hostpath", "provisioners": ["berth.dev/hostpath"],
         "exec": "\(BuiltPrograms.path("hostpath-driver"))", "mode": "resident"}]}
        """.write(toFile: file, atomically: true, encoding: .utf8)
        var logger = Logger(label: "bench")
        logger.logLevel = .error
        let host = DriverHost(
            configuration: DriverHostConfiguration(driversFile: file, dataDirectory: directory), logger: logger)
        let echo = try BareProcess.Echo()
        defer { echo.end() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await host.run() }
            defer { group.cancelAll() }
            let call = DriverCall(.validate, volume: VolumeRequest(name: "pvc-bench", capacityBytes: 1 << 30))
            _ = try await host.call(driver: "hostpath", call)
            var bare: [Double] = []
            var hosted: [Double] = []
            for _ in 0..<count {
                let start = ContinuousClock.now
                try echo.roundTrip()
                bare.append((ContinuousClock.now - start).seconds * 1_000_000)
                let second = ContinuousClock.now
                _ = try await host.call(driver: "hostpath", call)
                hosted.append((ContinuousClock.now - second).seconds * 1_000_000)
            }
            return BenchmarkRow(
                figure: "a resident driver's call, p50", value: hosted.percentile(0.5), unit: "µs",
                direction: .lowerIsBetter, floor: ("a line through cat", bare.percentile(0.5)), goal: .ratio(2))
        }
    }
}

/// What a process costs with nothing of ours around it.
enum BareProcess {
    /// - Returns: What it wrote on stdout.
    @discardableResult
    static func call(_ executable: String, _ argument: String, input: [UInt8]) throws -> [UInt8] {
        let (pid, stdin, stdout) = try spawn([executable, argument])
        _ = write(stdin, input, input.count)
        close(stdin)
        var buffer = [UInt8](repeating: 0, count: 65536)
        var output: [UInt8] = []
        while case let count = read(stdout, &buffer, buffer.count), count > 0 { output += buffer.prefix(count) }
        close(stdout)
        var status: CInt = 0
        waitpid(pid, &status, 0)
        return output
    }

    /// Starts it with `input`, and kills it once `seen` has returned.
    static func start(
        _ executable: String, _ argument: String, input: [UInt8], until seen: () throws -> Void
    ) throws {
        let (pid, stdin, stdout) = try spawn([executable, argument])
        defer {
            kill(pid, SIGKILL)
            var status: CInt = 0
            waitpid(pid, &status, 0)
            close(stdout)
        }
        _ = write(stdin, input, input.count)
        close(stdin)
        try seen()
    }

    /// `cat`, kept for one line after the other.
    struct Echo {
        private let pid: pid_t
        private let stdin: CInt
        private let stdout: CInt

        init() throws { (pid, stdin, stdout) = try spawn(["/bin/cat"]) }

        func roundTrip() throws {
            var line = [UInt8](repeating: UInt8(ascii: "x"), count: 255) + [UInt8(ascii: "\n")]
            guard write(stdin, line, line.count) == line.count else { throw BenchmarkFailure("cat reads nothing") }
            var received = 0
            while received < 256 {
                let count = read(stdout, &line, line.count)
                guard count > 0 else { throw BenchmarkFailure("cat answers nothing") }
                received += count
            }
        }

        func end() {
            close(stdin)
            close(stdout)
            var status: CInt = 0
            waitpid(pid, &status, 0)
        }
    }

    private static func spawn(_ arguments: [String]) throws -> (pid_t, CInt, CInt) {
        var toChild: [CInt] = [0, 0]
        var fromChild: [CInt] = [0, 0]
        guard pipe(&toChild) == 0, pipe(&fromChild) == 0 else { throw BenchmarkFailure("pipe failed") }
        for descriptor in toChild + fromChild { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        var pid: pid_t = 0
        let argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for argument in argv { free(argument) } }
        guard posix_spawn(&pid, arguments[0], &actions, nil, argv, environ) == 0 else {
            throw BenchmarkFailure("cannot start \(arguments[0])")
        }
        close(toChild[0])
        close(fromChild[1])
        return (pid, toChild[1], fromChild[0])
    }
}
