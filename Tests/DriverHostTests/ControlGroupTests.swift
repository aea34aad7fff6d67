import DriverProtocol
import Glibc
import Logging
import TestSupport
import Testing

@testable import DriverHost

private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

@Suite("Finding the host's own control group")
struct OwnControlGroupTests {
    private let unified = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n"

    @Test("a service of systemd has its own below the mount point")
    func service() {
        let path = OwnControlGroup.path(groups: "0::/system.slice/berth.service\n", mounts: unified)
        #expect(path == "/sys/fs/cgroup/system.slice/berth.service")
    }

    @Test("a container with a namespace of its own is at the root")
    func container() {
        #expect(OwnControlGroup.path(groups: "0::/\n", mounts: unified) == "/sys/fs/cgroup")
    }

    @Test("beside version 1 it is the line without a controller")
    func hybrid() {
        let mounts = """
            40 31 0:37 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
            41 31 0:38 / /sys/fs/cgroup/unified\\040two rw,relatime - cgroup2 cgroup2 rw

            """
        let path = OwnControlGroup.path(groups: "8:pids:/a\n1:cpu:/a\n0::/b\n", mounts: mounts)
        #expect(path == "/sys/fs/cgroup/unified two/b")
    }

    @Test("of a mount of a part, the rest counts; a part in which the process is not is no way to it")
    func part() {
        let mounts =
            "30 23 0:26 /kubepods/x /c rw - cgroup2 cgroup2 rw\n31 23 0:26 /kubepods /d rw - cgroup2 cgroup2 rw\n"
        #expect(OwnControlGroup.path(groups: "0::/kubepods/x/y\n", mounts: mounts) == "/c/y")
        #expect(OwnControlGroup.path(groups: "0::/kubepods/xy\n", mounts: mounts) == "/d/xy")
        #expect(OwnControlGroup.path(groups: "0::/system.slice\n", mounts: mounts) == nil)
    }

    @Test(
        "is not found outside of the namespace, with version 1 alone, or once removed",
        arguments: ["0::/../other\n", "1:cpu:/a\n", "", "0::", "0::/a (deleted)\n"])
    func none(groups: String) {
        #expect(OwnControlGroup.path(groups: groups, mounts: unified) == nil)
        #expect(OwnControlGroup.path(groups: "0::/\n", mounts: "") == nil)
    }

    @Test("a host's directory names its process, so that nobody takes a living host's for left over")
    func names() throws {
        let name = HostDirectoryName(process: 12, startTime: 345, number: 6)
        #expect(HostDirectoryName(name.description) == name)
        for other in ["berth-1-2", "berth-1-2-3-4", "berth--1-2-3", "berth-a-2-3", "other-1-2-3", "berth-1-2-", ""] {
            #expect(HostDirectoryName(other) == nil, "\(other)")
        }
        let startTime = try #require(ProcessSnapshot.startTime(of: getpid()))
        #expect(HostDirectoryName(process: getpid(), startTime: startTime, number: 1).isInUse)
        #expect(!HostDirectoryName(process: getpid(), startTime: startTime + 1, number: 1).isInUse)
    }

    @Test(
        "a recorded path that no host makes is not opened",
        arguments: ["/", "", "/sys/fs/cgroup", "berth-1-2-3/4", "/tmp/berth-1-2-3/4", "/sys/fs/cgroup/berth-1-2-3/x"])
    func recorded(path: String) throws {
        #expect(try ControlGroup(recorded: path) == nil)
    }
}

/// Whether this machine lets the tests make control groups and start processes in them.
private let canMakeControlGroups = {
    let groups = ControlGroups(logger: silent)
    guard let group = groups.take() else { return false }
    defer { groups.giveBack(group) }
    let request = SpawnRequest(executable: "/bin/true", arguments: [], environment: [:], directory: "/")
    guard let child = try? Spawner.start(request, in: group) else { return false }
    child.process.waitUntilEnded()
    _ = child.process.reap()
    return true
}()

/// A freezer of version 1 holds a process even against SIGKILL, as a dead disk does.
private let freezer = "/sys/fs/cgroup/freezer"

@Suite("A call in its control group", .enabled(if: canMakeControlGroups))
struct ControlGroupTests {
    private let scratch = ScratchDirectory()
    private let groups = ControlGroups(logger: silent)

    private var records: ProcessRecords {
        ProcessRecords(dataDirectory: scratch.file("data"), owner: scratch.path, groups: groups)
    }

    /// A process that has left its group and session, and has no variable of its call.
    private var hidden: String {
        """
        setsid env -i /bin/sh -c 'echo $$ > \(scratch.file("id.new")); mv \(scratch.file("id.new")) \(scratch.file("id"))
            exec sleep 1000' < /dev/null > /dev/null 2>&1 &
        while [ ! -e \(scratch.file("id")) ]; do sleep 0.01; done

        """
    }

    private func request(_ body: String, isCall: Bool = true) -> SpawnRequest {
        var request = SpawnRequest(
            executable: scratch.script("run", body), arguments: [], environment: ["PATH": "/usr/bin:/bin"],
            directory: scratch.path)
        request.purpose = SpawnRequest.Purpose(callID: "c-1", driver: "x", isCall: isCall)
        return request
    }

    private func run(
        _ body: String, timeout: Duration = .seconds(30), in groups: ControlGroups? = nil
    ) async throws -> ExchangeResult {
        var records = records
        if let groups { records.groups = groups }
        return try await Spawner(records: records).exchange(
            request(body), input: [], deadline: .now + timeout,
            limits: ExchangeLimits(terminationGrace: .seconds(1), killGrace: .seconds(1)))
    }

    /// Groups in a parent of this test's own, where no other test looks.
    private func withOwnParent(_ body: (String, ControlGroups) async throws -> Void) async throws {
        let own = try #require(OwnControlGroup.path())
        let parent = "\(own)/test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        try #require(mkdir(parent, 0o755) == 0)
        defer { ControlGroup.remove(parent) }
        try await body(parent, ControlGroups(logger: silent, own: { parent }))
    }

    private func hiddenProcess() throws -> pid_t {
        let text = try #require(scratch.read("id"))
        return try #require(pid_t(text.trimmed))
    }

    private func group(of process: String) throws -> String {
        let text = String(decoding: try #require(ProcessFile.bytes("/proc/\(process)/cgroup")), as: UTF8.self)
        return try #require(text.split(separator: "\n").first { $0.hasPrefix("0::") }.map(String.init))
    }

    @Test("is born in it, and the next call gets the same")
    func born() async throws {
        let first = try await run("grep ^0:: /proc/self/cgroup")
        let second = try await run("grep ^0:: /proc/self/cgroup")
        let path = String(decoding: first.output, as: UTF8.self)
        #expect(path.contains("/berth-\(getpid())-"))
        #expect(path.hasSuffix("/1\n"))
        #expect(first.output == second.output)
        #expect(ProcessFile.names(in: scratch.file("data/running")).isEmpty)
    }

    @Test("if the host ends it, takes along what has hidden")
    func deadline() async throws {
        let result = try await run(hidden + "wait; sleep 1000", timeout: .seconds(6))
        #expect(result.cause == .deadline)
        let process = try hiddenProcess()
        #expect(!isRunning(process))
    }

    @Test("if the host ends it, takes along what has left the group with the call's variable")
    func marked() async throws {
        try await withOwnParent { parent, groups in
            let body = """
                setsid sh -c 'echo $$ > \(parent)/cgroup.procs; echo $$ > \(scratch.file("id.new"))
                    mv \(scratch.file("id.new")) \(scratch.file("id")); exec sleep 1000' &
                sleep 1000
                """
            let result = try await run(body, timeout: .seconds(6), in: groups)
            #expect(result.cause == .deadline)
            let process = try hiddenProcess()
            #expect(!isRunning(process))
        }
    }

    @Test(
        "if the kernel holds its driver, still takes along what is not held", .enabled(if: access(freezer, W_OK) == 0))
    func stuck() async throws {
        let ice = "\(freezer)/berth-test-\(getpid())"
        try #require(mkdir(ice, 0o755) == 0)
        defer { rmdir(ice) }
        let body = hidden + "echo $$ > \(ice)/cgroup.procs; echo FROZEN > \(ice)/freezer.state; sleep 1000"
        let result = try await run(body, timeout: .seconds(6))
        #expect(result.cause == .stuck)
        let process = try hiddenProcess()
        try await eventually("what is not held is gone") { !isRunning(process) }
        #expect(ProcessFile.names(in: records.directory).count == 1)
        let state = try #require(fopen("\(ice)/freezer.state", "w"))
        fputs("THAWED", state)
        fclose(state)
        try await eventually("the record is gone with the driver") { ProcessFile.names(in: records.directory).isEmpty }
    }

    @Test("if it ends by itself, leaves a daemon running in the host's own group")
    func daemon() async throws {
        let result = try await run(hidden)
        #expect(result.cause == .ended)
        let process = try hiddenProcess()
        defer { kill(process, SIGKILL) }
        #expect(isRunning(process))
        #expect(try group(of: "\(process)") == group(of: "self"))
    }

    @Test("of a host that was killed, is ended with all that has hidden by the next one", .timeLimit(.minutes(1)))
    func killedHost() async throws {
        let records = records
        let request = request(hidden + "wait; sleep 1000")
        let threads = WorkerThreads(maximum: 1)
        // The thread stays: the process would end with it.
        try threads.run {
            guard let (child, _) = try? Spawner.start(request, records: records) else { return }
            child.process.waitUntilEnded()
            _ = child.process.reap()
        }
        try await eventually("the hidden process runs") { scratch.read("id") != nil }
        let process = try hiddenProcess()
        #expect(isRunning(process))
        try await LeftoverProcesses(directory: records.directory, logger: silent).end()
        #expect(!isRunning(process))
        #expect(ProcessFile.names(in: records.directory).isEmpty)
    }

    @Test("starts without one where none can be created, or somebody has removed it")
    func removed() async throws {
        let path = try #require(groups.take()?.path)
        groups.giveBack(try ControlGroup(path: path))
        try #require(rmdir(path) == 0)
        for _ in 1...2 {
            let result = try await run("true")
            #expect(result.status == .exited(0))
        }
        let next = try #require(groups.take())
        #expect(next.path != path)
        groups.giveBack(next)
        for directory in [scratch.path, "/nonexistent"] {
            let result = try await run("true", in: ControlGroups(logger: silent, own: { directory }))
            #expect(result.status == .exited(0))
        }
    }

    @Test("gets one again when the kernel allows more")
    func limited() async throws {
        try await withOwnParent { parent, groups in
            let limit = "\(parent)/cgroup.max.descendants"
            let body = "grep ^0:: /proc/self/cgroup"
            for (value, isGrouped) in [("1", false), ("2", true)] {
                let file = try #require(fopen(limit, "w"))
                fputs(value, file)
                fclose(file)
                let result = try await run(body, in: groups)
                #expect(String(decoding: result.output, as: UTF8.self).contains("/berth-") == isGrouped)
            }
        }
    }

    @Test("leaves the groups that it has made to what lives in them: no later call gets its group")
    func nested() async throws {
        try await withOwnParent { parent, groups in
            let body = "grep ^0:: /proc/self/cgroup; for group in \(parent)/berth-*/*/; do mkdir $group/sub; done"
            let first = try await run(body, in: groups)
            #expect(first.status == .exited(0), "\(first.error.text(SecretScrubber()))")
            let second = try await run(body, in: groups)
            #expect(first.output != second.output)
            #expect(!ProcessFile.names(in: parent).contains { ProcessFile.names(in: "\(parent)/\($0)").contains("1") })
        }
    }

    @Test("a resident driver is not in one: what it starts may have to outlive it")
    func resident() async throws {
        let result = try await Spawner(records: records).exchange(
            request("grep ^0:: /proc/self/cgroup", isCall: false), input: [], deadline: .now + .seconds(30))
        #expect(String(decoding: result.output, as: UTF8.self).trimmed == (try group(of: "self")))
    }

    @Test("leaves nothing when the host ends, and what a host has left empty goes with the next start")
    func closing() async throws {
        try await withOwnParent { parent, groups in
            let dead = "\(parent)/\(HostDirectoryName(process: getpid(), startTime: 1, number: 1))"
            for path in [dead, "\(dead)/1", "\(dead)/1/sub"] { try #require(mkdir(path, 0o755) == 0) }
            let group = try #require(groups.take())
            #expect(access(dead, F_OK) != 0)
            groups.close()
            #expect(access(group.path, F_OK) == 0)
            groups.giveBack(group)
            #expect(!ProcessFile.names(in: parent).contains { $0.hasPrefix("berth-") })
        }
    }
}
