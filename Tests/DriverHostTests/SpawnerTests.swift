import DriverProtocol
import Glibc
import Testing

@testable import DriverHost

@Suite("Running a process")
struct SpawnerTests {
    private let scratch = ScratchDirectory()
    private let spawner = Spawner()
    private let limits = ExchangeLimits(terminationGrace: .seconds(1))

    private func run(
        _ body: String, input: [UInt8] = [], timeout: Duration = .seconds(20), environment: [String: String] = [:],
        limits: ExchangeLimits? = nil
    ) async throws -> ExchangeResult {
        let request = SpawnRequest(
            executable: scratch.script("run", body), arguments: ["provision"],
            environment: ["PATH": "/usr/bin:/bin"].merging(environment) { $1 }, directory: scratch.path)
        return try await spawner.exchange(
            request, input: input, deadline: .now + timeout, limits: limits ?? self.limits)
    }

    private func text(_ result: ExchangeResult) -> String { String(decoding: result.output, as: UTF8.self) }

    @Test("stdin reaches the process whole, stdout and stderr come back apart")
    func pipes() async throws {
        let input = [UInt8](repeating: UInt8(ascii: "x"), count: 3 << 20)
        let result = try await run("wc -c; echo trouble >&2; exit 3", input: input)
        #expect(text(result).trimmed == "\(3 << 20)")
        #expect(result.error.text(SecretScrubber()) == "trouble\n")
        #expect(result.status == .exited(3))
        #expect(result.cause == .ended)
    }

    @Test("the process sees its arguments, its environment and its directory, and nothing else of the host's")
    func cleanEnvironment() async throws {
        let result = try await run(
            "echo $# $1; env | sort; pwd; umask; ls /proc/self/fd | wc -l", environment: ["A": "b"])
        let lines = text(result).split(separator: "\n").map(String.init)
        // `ls` itself has 0, 1, 2 and the directory open.
        #expect(
            lines == ["1 provision", "A=b", "PATH=/usr/bin:/bin", "PWD=\(scratch.path)", scratch.path, "0022", "4"])
    }

    @Test("a process that does not read its input harms nobody")
    func inputUnread() async throws {
        let result = try await run("exec <&-; echo done", input: [UInt8](repeating: 0, count: 1 << 20))
        #expect(result.closedInputEarly)
        #expect(text(result) == "done\n")
        #expect(result.status == .exited(0))
    }

    @Test("SIGPIPE and the mask are at their defaults in the process")
    func signalsReset() async throws {
        let result = try await run("grep -E '^Sig(Blk|Ign)' /proc/self/status")
        #expect(text(result) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n")
    }

    @Test("at the deadline the process gets SIGTERM")
    func deadline() async throws {
        let result = try await run("trap 'echo bye; exit 7' TERM; sleep 100 & wait", timeout: .seconds(4))
        #expect(result.cause == .deadline)
        #expect(result.signalSent == SIGTERM)
        #expect(result.status == .exited(7))
        #expect(text(result) == "bye\n")
    }

    @Test("one that ignores SIGTERM gets SIGKILL")
    func stubborn() async throws {
        let result = try await run("trap '' TERM; echo $$; while :; do sleep 1; done", timeout: .seconds(4))
        #expect(result.cause == .deadline)
        #expect(result.signalSent == SIGKILL)
        #expect(result.status == .signaled(SIGKILL))
        #expect(try !isRunning(#require(pid_t(text(result).trimmed))))
    }

    @Test("cancelling the task ends the process")
    func cancellation() async throws {
        let result = try await withThrowingTaskGroup(of: ExchangeResult.self) { group in
            group.addTask { try await run("echo $$ > pid; sleep 100") }
            try await eventually("the process has not started") { scratch.read("pid")?.hasSuffix("\n") == true }
            group.cancelAll()
            return try #require(await group.next())
        }
        #expect(result.cause == .cancelled)
        #expect(try !isRunning(#require(pid_t(scratch.read("pid")?.trimmed ?? ""))))
    }

    @Test("a task that is cancelled already starts and ends the process")
    func cancelledBefore() async throws {
        let result = try await withThrowingTaskGroup(of: ExchangeResult.self) { group in
            group.cancelAll()
            group.addTask { try await run("sleep 100") }
            return try #require(await group.next())
        }
        #expect(result.cause == .cancelled)
    }

    @Test("a grandchild that holds the pipes open delays nothing, and is gone afterwards")
    func grandchild() async throws {
        let result = try await run("(trap '' TERM HUP; sleep 100) & echo $!; exit 0")
        #expect(result.cause == .ended)
        #expect(result.duration < .seconds(10))
        let grandchild = try #require(pid_t(text(result).trimmed))
        try await eventually("the grandchild lives on") { !isRunning(grandchild) }
    }

    @Test("a grandchild with a session of its own delays nothing either")
    func daemonisedGrandchild() async throws {
        let result = try await run("setsid sh -c 'while :; do echo noise; done' & echo $! > pid; sleep 0.2; exit 0")
        #expect(result.status == .exited(0))
        #expect(result.duration < .seconds(15))
        kill(-(try #require(pid_t(scratch.read("pid")?.trimmed ?? ""))), SIGKILL)
    }

    @Test("too much on stdout ends the process")
    func outputLimit() async throws {
        var limits = limits
        limits.outputBytes = 1000
        let result = try await run("exec yes", limits: limits)
        #expect(result.cause == .outputLimit)
        #expect(result.output.count == 1000)
        #expect(result.status == .signaled(SIGTERM))
    }

    @Test("of a long stderr the beginning and the end are kept, and all is read")
    func errorCapture() async throws {
        let result = try await run("echo first >&2; head -c 5000000 /dev/zero | tr '\\0' x >&2; echo last >&2; echo ok")
        let error = result.error.text(SecretScrubber())
        #expect(error.hasPrefix("first\n"))
        #expect(error.hasSuffix("last\n"))
        #expect(error.utf8.count < 70_000)
        #expect(error.contains("bytes left out"))
        #expect(text(result) == "ok\n")
    }

    @Test("a process that is killed says by which signal", arguments: [SIGSEGV, SIGKILL, SIGABRT, SIGTERM, SIGHUP])
    func signals(signal: CInt) async throws {
        #expect(try await run("kill -\(signal) $$").status == .signaled(signal))
    }

    @Test("what cannot be executed is an error that says so")
    func notExecutable() async throws {
        let request = SpawnRequest(
            executable: scratch.write("plain", "no script"), arguments: [], environment: [:], directory: scratch.path)
        await #expect(throws: SpawnError(stage: .execute, errorNumber: EACCES, path: request.executable)) {
            try await spawner.exchange(request, input: [], deadline: .now + .seconds(5))
        }
    }

    @Test("a missing working directory is named")
    func missingDirectory() async throws {
        let request = SpawnRequest(
            executable: "/bin/true", arguments: [], environment: [:], directory: "/does/not/exist")
        await #expect(throws: SpawnError(stage: .directory, errorNumber: ENOENT, path: "/does/not/exist")) {
            try await spawner.exchange(request, input: [], deadline: .now + .seconds(5))
        }
    }

    @Test("an executable that is just being written is tried again")
    func busyExecutable() async throws {
        let path = scratch.write("copy", "", mode: 0o755)
        #expect(try await run("cat /bin/true > \(path)").status == .exited(0))
        let writer = open(path, O_WRONLY | O_CLOEXEC)
        async let result = spawner.exchange(
            SpawnRequest(executable: path, arguments: [], environment: [:], directory: "/"), input: [],
            deadline: .now + .seconds(20))
        try await Task.sleep(for: .milliseconds(50))
        close(writer)
        #expect(try await result.status == .exited(0))
    }

    @Test("it runs as another user, with that user's groups only", .enabled(if: geteuid() == 0))
    func otherUser() async throws {
        var request = SpawnRequest(
            executable: "/usr/bin/id", arguments: [], environment: [:], directory: "/")
        request.user = UserIdentity(user: 65534, group: 65534, supplementaryGroups: [65534], homeDirectory: "/")
        let result = try await spawner.exchange(request, input: [], deadline: .now + .seconds(20))
        #expect(text(result) == "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)\n")
    }

    @Test("many at once all end, each with its own answer")
    func concurrency() async throws {
        let path = scratch.script("echo", "cat")
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let request = SpawnRequest(executable: path, arguments: [], environment: [:], directory: "/")
                    let input = Array("number \(number)".utf8)
                    return try await spawner.exchange(request, input: input, deadline: .now + .seconds(60)).output
                        == input
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }
}

extension String {
    var trimmed: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
