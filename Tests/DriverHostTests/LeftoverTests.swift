import DriverProtocol
import Glibc
import JSONTree
import TestSupport
import Testing

@testable import DriverHost

@Suite("What is left of an earlier host's call")
struct LeftoverTests {
    private let bench = DriverBench()

    private func process(
        _ id: pid_t, start: UInt64 = 500, group: pid_t = 100, session: pid_t? = nil, marker: String? = nil,
        hasEnded: Bool = false
    ) -> ProcessSnapshot {
        var process = ProcessSnapshot(
            id: id, startTime: start, group: group, session: session ?? group, marker: marker)
        process.hasEnded = hasEnded
        return process
    }

    private func left(_ processes: ProcessSnapshot..., boot: String = "b") -> [pid_t] {
        Leftover(driver: "x", marker: "h/c-1", boot: "b", process: 100, startTime: 500)
            .processes(among: processes, boot: boot).map(\.id).sorted()
    }

    @Test("is its process, the rest of its group, and whatever carries its marker")
    func own() {
        #expect(left(process(100), process(101, start: 600), process(200, group: 200)) == [100, 101])
        #expect(left(process(101, marker: "h/c-1"), process(102, start: 600)) == [101, 102])
        #expect(left(process(300, group: 300, marker: "h/c-1"), process(301, group: 300)) == [300])
    }

    @Test("is also what has no marker, when its leader has ended: nobody else gets the number of a session that lives")
    func withoutMarker() {
        #expect(left(process(101, start: 600)) == [101])
        #expect(left(process(100, hasEnded: true), process(101, start: 600, session: 7)) == [101])
        #expect(left(process(100, hasEnded: true)) == [])
    }

    @Test("is no stranger who has got its number, and nothing of another call or another start of the machine")
    func strangers() {
        #expect(left(process(100, start: 900), process(101, start: 901)) == [])
        #expect(left(process(101, start: 499)) == [])
        #expect(left(process(101, start: 600, session: 7)) == [])
        #expect(left(process(300, group: 300, marker: "h/c-2"), process(301, group: 301, marker: "g/c-1")) == [])
        #expect(left(process(100), process(101, marker: "h/c-1"), boot: "another") == [])
    }

    @Test("is read from whole lines, and what is cut off was not done yet")
    func reading() {
        let first = #"{"driver":"x","marker":"h/c-1","boot":"b"}"# + "\n"
        let whole = Leftover(Array((first + #"{"process":100,"startTime":"500"}"# + "\n").utf8))
        #expect(whole == Leftover(driver: "x", marker: "h/c-1", boot: "b", process: 100, startTime: 500))
        let started = Leftover(driver: "x", marker: "h/c-1", boot: "b", process: nil, startTime: nil)
        #expect(Leftover(Array(first.utf8)) == started)
        #expect(Leftover(Array((first + #"{"process":10"#).utf8)) == started)
        for process in ["0", "1", "-1", "99999999999999", "\"7\""] {
            let text = first + "{\"process\":\(process),\"startTime\":\"500\"}\n"
            #expect(
                Leftover(Array(text.utf8))
                    == Leftover(
                        driver: "x", marker: "h/c-1", boot: "b", process: nil, startTime: 500))
        }
        #expect(Leftover(Array(#"{"driver":"x"#.utf8)) == nil)
        #expect(Leftover([]) == nil)
    }

    @Test(
        "after a call nothing is noted, and what a call leaves in its group is ended", arguments: ["once", "resident"])
    func nothing(mode: String) async throws {
        let entry = try bench.entry(mode: mode) { $0.info["resident"] = true }
        try await bench.withHost(entry) { host in
            _ = try await host.call(driver: "x", .provision())
            let names = try names()
            #expect(names.count == (mode == "resident" ? 1 : 0))
        }
        #expect(try names().isEmpty)
    }

    private func names() throws -> [String] {
        let directory = try #require(opendir(bench.scratch.file("data/running")))
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    @Test("a call that is ended at its deadline takes along what has left its group")
    func deadline() async throws {
        let path = bench.scratch.file("straggler")
        let driver = bench.scratch.script(
            "slow",
            """
            cat > /dev/null
            if [ "$1" = init ]; then
                echo '{"protocol":"1.0","status":"Success","info":{"protocolVersions":["1.0"],"name":"slow",\
            "version":"1","capabilities":["provision","delete"],"parameters":{"type":"object"}}}'
                exit
            fi
            setsid sh -c 'echo $$ > \(path).new; mv \(path).new \(path); exec sleep 1000' &
            wait
            """)
        let entry: JSONValue = ["name": "x", "provisioners": ["test/x"], "exec": .string(driver), "mode": "once"]
        let error = try await bench.withHost(entry) { host in
            try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: .seconds(3)))
            }
        }
        #expect(error.reason == .deadline)
        let text = try #require(bench.scratch.read("straggler"))
        let straggler = try #require(pid_t(text.trimmed))
        #expect(!isRunning(straggler))
    }

    @Test("nothing is started where it cannot be noted, and the call says why")
    func unnoted() async throws {
        bench.scratch.write("blocked", "")
        let records = ProcessRecords(dataDirectory: bench.scratch.file("blocked"), owner: nil)
        var request = SpawnRequest(executable: "/bin/true", arguments: [], environment: [:], directory: "/")
        request.purpose = SpawnRequest.Purpose(callID: "c-1", driver: "x")
        let noted = request
        let error = await #expect(throws: SpawnError.self) {
            try await Spawner(records: records).exchange(noted, input: [], deadline: .now + .seconds(20))
        }
        #expect(error?.stage == .record)
        #expect(error?.description.contains(bench.scratch.file("blocked/running/c-1")) == true)
    }
}
