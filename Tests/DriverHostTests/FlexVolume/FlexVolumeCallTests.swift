import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import DriverHost

@Suite("Calling a FlexVolume driver")
struct FlexVolumeCallTests {
    private let flex = FlexVolumeBench()
    private static let success = #"echo '{"status":"Success"}'; exit 0"#

    private func error(
        _ body: String, _ call: DriverCall, configure: (inout DriverHostConfiguration) -> Void = { _ in }
    ) async throws -> (error: DriverCallError, record: CallRecord?) {
        flex.write(body)
        return try await flex.withHost(configure: configure) { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: FlexVolumeBench.name, call)
            }
            var filter = CallRecordFilter()
            filter.callID = error.callID
            return (error, host.callRecords(filter).last)
        }
    }

    @Test("each call arrives with Kubernetes' arguments, nothing on stdin, and its answer comes back")
    func everyCall() async throws {
        flex.write(
            """
            [ "$1" = init ] || [ -z "$(cat)" ] || exit 9
            case $1 in
            attach | waitforattach) echo '{"status":"Success","device":"/dev/sdb"}'; exit ;;
            isattached) echo '{"status":"Success","attached":true}'; exit ;;
            getvolumename) echo '{"status":"Success","volumeName":"lun-4"}'; exit ;;
            init) ;;
            *) echo '{"status":"Success"}'; exit ;;
            esac
            """)
        var replies: [Verb: DriverReply] = [:]
        try await flex.withHost { host in
            for verb in Verb.flexVolumeCalls.dropFirst() {
                replies[verb] = try await host.call(driver: FlexVolumeBench.name, flex.call(verb))
            }
        }
        #expect(replies[.attach]?.device == "/dev/sdb")
        #expect(replies[.isAttached]?.attached == true)
        #expect(replies[.getVolumeName]?.volume?.id == "lun-4")
        #expect(replies[.expandVolume]?.volume?.capacityBytes == 2 << 30)
        let pod = flex.bench.scratch.file("pods/1/pv-1")
        let staging = flex.bench.scratch.file("staging/pv-1")
        #expect(
            flex.calls.map { $0[0] }
                == Verb.flexVolumeCalls.dropFirst().map(\.rawValue).filter { $0 != "unmountdevice" })
        #expect(flex.calls.first { $0[0] == "detach" } == ["detach", "pv-1", "worker-1"])
        #expect(flex.calls.first { $0[0] == "mountdevice" }?.prefix(3) == ["mountdevice", staging, "/dev/sdx"])
        #expect(flex.calls.first { $0[0] == "unmount" } == ["unmount", pod])
        let options = try #require(flex.calls.first { $0[0] == "mount" }?.last)
        #expect(options.contains(#""kubernetes.io/secret/password":"aHVudGVyMi1odW50ZXIy""#))
        #expect(
            flex.calls.filter { $0.joined().contains("aHVudGVyMi1odW50ZXIy") }.count == 1, "mount alone has secrets")
    }

    @Test("a secret is in no record, error or description, neither as it is nor in base64")
    func secrets() async throws {
        flex.write(
            #"""
            set -x
            case $1 in mount)
                value=${2:+hunter2-hunter2}
                echo "tried $value with $3" >&2
                printf '{"status":"Failure","message":"no entry with %s or %s"}\n' "$value" aHVudGVyMi1odW50ZXIy
                exit 1 ;;
            esac
            """#)
        try await flex.withHost { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: FlexVolumeBench.name, flex.call(.mount))
            }
            #expect(error.message.contains("no entry with (removed) or (removed)"))
            let records = host.callRecords()
            #expect(records.last?.standardError.contains("tried (removed) with") == true)
            let request = try #require(records.last?.json["request"])
            #expect(request["argv"]?.stringArray?.first == "mount")
            #expect(request["argv"]?.stringArray?.last?.contains("(removed)") == true)
            let everything =
                "\(error)" + records.map { $0.json.prettyPrinted() }.joined() + host.report().prettyPrinted()
            #expect(!everything.contains("hunter2"))
            #expect(!everything.contains("aHVudGVy"))
            #expect(!everything.contains("Nw=="))
        }
        #expect(flex.calls.contains { $0.last?.contains("aHVudGVyMi1odW50ZXIy") == true }, "the driver itself gets it")
    }

    @Test("a success that tells a secret tells none")
    func talkativeSuccess() async throws {
        flex.write(#"[ $1 = init ] || { echo '{"status":"Success","message":"used hunter2-hunter2"}'; exit; }"#)
        try await flex.withHost { host in
            let reply = try await host.call(driver: FlexVolumeBench.name, flex.call(.mount))
            #expect(reply.message == "used (removed)")
        }
    }

    @Test("options that are longer than an argument can be are said to be")
    func longOptions() async throws {
        let (error, _) = try await error(
            "",
            flex.call(.attach) { call in
                call.volume?.context["note"] = String(repeating: "x", count: 200_000)
            })
        #expect(error.reason == .notStarted)
        #expect(error.message.contains("gets a volume's options and secrets in one"))
    }

    @Test("that secrets stand in argv is a part of what the host says of the driver")
    func warning() async throws {
        flex.write()
        try await flex.withHost { host in
            let description = try #require(host.describe(FlexVolumeBench.name))
            #expect(description.warnings == [FlexVolume.secretsWarning])
            #expect(description.json["protocol"] == "flexvolume")
            #expect(description.json["warnings"]?.arrayValue?.count == 1)
        }
    }

    @Test("noise on stderr does not touch the reply")
    func standardError() async throws {
        flex.write("echo noise >&2; echo '{\"status\":\"Failure\"}' >&2; [ $1 = init ] || { \(Self.success); }")
        try await flex.withHost { host in
            _ = try await host.call(driver: FlexVolumeBench.name, flex.call(.attach))
            #expect(host.callRecords().last?.standardError.hasPrefix("noise\n") == true)
        }
    }

    @Test("log lines on stdout are shown in the error, before the reply and behind it")
    func noisyOutput() async throws {
        for (body, shown) in [
            ("echo 'mounting /dev/sdx'; \(Self.success)", #"stdout: "mounting /dev/sdx {"status":"Success"} ""#),
            (#"echo '{"status":"Success"}'; echo 'all done'; exit"#, #"stdout: "{"status":"Success"} all done ""#),
        ] {
            let (error, _) = try await error("[ $1 = init ] || { \(body); }", flex.call(.attach))
            #expect(error.reason == .malformedReply)
            #expect(error.message.contains(shown), "\(error.message)")
            #expect(error.message.contains("Logs belong on stderr"))
        }
    }

    @Test("a reply on stderr alone is none, and the error says where it belongs")
    func replyOnStandardError() async throws {
        let (error, _) = try await error(
            #"[ $1 = init ] || { echo '{"status":"Success"}' >&2; exit; }"#, flex.call(.attach))
        #expect(error.reason == .noReply)
        #expect(error.message.contains("The reply must stand on stdout"))
    }

    @Test("a failure is what the driver says, whatever its exit status", arguments: [0, 1])
    func failureReply(status: Int) async throws {
        let (error, record) = try await error(
            #"[ $1 = init ] || { echo '{"status":"Failure","message":"no such LUN"}'; exit \#(status); }"#,
            flex.call(.attach))
        #expect(error.reason == .driverFailure)
        #expect(error.outcome == .unknown)
        #expect(error.message == "driver '\(FlexVolumeBench.name)': attach of volume pv-1 failed: no such LUN")
        #expect(record?.status == .exited(Int32(status)))
    }

    @Test("a success with another exit status than 0 is a fault of the driver")
    func contradiction() async throws {
        let (error, _) = try await error(
            #"[ $1 = init ] || { echo '{"status":"Success"}'; exit 3; }"#, flex.call(.attach))
        #expect(error.reason == .contradiction)
        #expect(error.outcome == .unknown)
    }

    @Test("a status that FlexVolume does not have is a failure that says so")
    func oddStatus() async throws {
        let (error, _) = try await error(#"[ $1 = init ] || { echo '{"status":"OK"}'; exit; }"#, flex.call(.attach))
        #expect(error.message.contains(#"its status is "OK", where FlexVolume has "Success", "Failure""#))
    }

    @Test("a driver that hangs is ended at its deadline, with what it has started, though a child holds its output")
    func deadline() async throws {
        let (error, _) = try await error(
            "[ $1 = init ] || { trap '' TERM; sleep 600 & echo $! >\(flex.bench.scratch.file("child")); wait; sleep 600; }",
            flex.call(.waitForAttach) { $0.timeout = .seconds(3) }
        ) { $0.limits.terminationGrace = .milliseconds(100) }
        #expect(error.reason == .deadline)
        let child = try #require(
            flex.bench.scratch.read("child").flatMap { pid_t($0.filter { !$0.isNewline }) })
        try await eventually("the child is left") { !isRunning(child) }
    }

    @Test("a call that is not supported is asked for once, and again when the executable is another")
    func unsupportedIsRemembered() async throws {
        flex.write()
        try await flex.withHost { host in
            for expected in 1...2 {
                for _ in 0..<3 {
                    let error = try await failure { () throws(DriverCallError) in
                        try await host.call(driver: FlexVolumeBench.name, flex.call(.isAttached))
                    }
                    #expect(error.reason == .notSupported)
                    #expect(error.outcome == .final)
                }
                #expect(flex.calls.filter { $0[0] == "isattached" }.count == expected)
                // The same words in another file.
                if expected == 1 { flex.write("true # newer") }
            }
        }
    }

    @Test("what kubelet does where a driver does not is done, and the driver asked first")
    func defaults() async throws {
        flex.write()
        try await flex.withHost { host in
            for _ in 0..<2 {
                #expect(try await host.call(driver: FlexVolumeBench.name, flex.call(.attach)).device == nil)
                let waited = try await host.call(driver: FlexVolumeBench.name, flex.call(.waitForAttach))
                #expect(waited.device == "/dev/sdx")
                let grown = try await host.call(driver: FlexVolumeBench.name, flex.call(.expandVolume))
                #expect(grown.nodeExpansionRequired)
            }
        }
        #expect(flex.calls.map { $0[0] } == ["attach", "waitforattach", "expandvolume"])
    }

    @Test("a driver that says \"attach\": false is asked for nothing of that")
    func mountOnly() async throws {
        flex.write(capabilities: #"{"attach":false}"#)
        try await flex.withHost { host in
            let error = try await failure { () throws(DriverCallError) in
                try await host.call(driver: FlexVolumeBench.name, flex.call(.attach))
            }
            #expect(error.reason == .notSupported)
            #expect(error.message.contains(#"says "attach": false"#))
        }
        #expect(flex.calls.isEmpty)
    }

    @Test(
        "what FlexVolume has no call for is not supported, and the driver is not asked",
        arguments: [
            Verb.provision, .delete, .validate, .list, .createSnapshot, .stats,
        ])
    func noSuchCall(verb: Verb) async throws {
        let (error, record) = try await error("", flex.call(verb))
        #expect(error.reason == .notSupported)
        #expect(error.code == .unimplemented)
        #expect(error.outcome == .final)
        #expect(error.message.contains("does not support \(verb): FlexVolume has no such call"))
        #expect(record != nil)
        #expect(flex.calls.isEmpty)
    }

    @Test("a request that lacks what the call needs reaches no driver, and says what is missing")
    func unfit() async throws {
        let (error, _) = try await error("", flex.call(.attach) { $0.node = nil })
        #expect(error.reason == .unfitRequest)
        #expect(error.code == .invalidArgument)
        #expect(!error.reachedDriver)
        #expect(error.message.contains("attach needs the node's name (node)"))
    }

    @Test("the target is made before a mount, and gone after an unmount; what is not there is not unmounted")
    func target() async throws {
        flex.write(
            "[ $1 = init ] || { [ -d \"$2\" ] || exit 9; \(Self.success); }", capabilities: #"{"attach":false}"#)
        let target = flex.bench.scratch.file("pods/1/pv-1")
        try await flex.withHost { host in
            _ = try await host.call(driver: FlexVolumeBench.name, flex.call(.mount))
            #expect(access(target, F_OK) == 0)
            for _ in 0..<2 { _ = try await host.call(driver: FlexVolumeBench.name, flex.call(.unmount)) }
            #expect(access(target, F_OK) != 0)
        }
        #expect(flex.calls.map { $0[0] } == ["mount", "unmount"])
    }

    @Test("an unmount that leaves something behind is a failure")
    func leftover() async throws {
        let target = flex.bench.scratch.file("pods/1/pv-1")
        let (error, _) = try await error(
            "[ $1 = init ] || { mkdir -p \"$2\"; touch \"$2/left\"; \(Self.success); }",
            flex.call(.unmount) { call in
                mkdir(flex.bench.scratch.file("pods"), 0o755)
                mkdir(flex.bench.scratch.file("pods/1"), 0o755)
                mkdir(target, 0o755)
                call.target = target
            })
        #expect(error.message.contains("\(target) cannot be removed"))
    }

    @Test(
        "a driver that mounts is called once for two mounts, and one that leaves it to kubelet gets a bind",
        .enabled(if: geteuid() == 0), arguments: ["driver", "kubelet"])
    func mounts(by whom: String) async throws {
        let source = flex.bench.scratch.file("staging/pv-1")
        let target = flex.bench.scratch.file("pods/1/pv-1")
        for path in ["staging", "staging/pv-1"] { mkdir(flex.bench.scratch.file(path), 0o755) }
        flex.bench.scratch.write("staging/pv-1/data", "here")
        flex.write(
            whom == "kubelet"
                ? ""
                : """
                case $1 in
                mount) mount --bind \(source) "$2" && \(Self.success) ;;
                unmount) umount "$2" && \(Self.success) ;;
                esac
                """)
        defer { umount2(target, CInt(MNT_DETACH)) }
        try await flex.withHost { host in
            for _ in 0..<2 { _ = try await host.call(driver: FlexVolumeBench.name, flex.call(.mount)) }
            #expect(flex.bench.scratch.read("pods/1/pv-1/data") == "here")
            for _ in 0..<2 { _ = try await host.call(driver: FlexVolumeBench.name, flex.call(.unmount)) }
            #expect(!MountTable.current().isMountPoint(target))
        }
        #expect(flex.calls.map { $0[0] } == ["mount", "unmount"])
    }

    @Test("a default that fails says what was tried and what came of it", .enabled(if: geteuid() == 0))
    func failingDefault() async throws {
        let (error, record) = try await error("", flex.call(.mountDevice) { $0.device = "/dev/no-such-disk" })
        #expect(error.reason == .driverFailure)
        #expect(error.message.contains("the driver has no mountdevice, and mount -t ext4 -o rw -- /dev/no-such-disk"))
        #expect(record?.standardError.contains("no-such-disk") == true)
    }

    @Test(
        "an answer to init that is none breaks the driver, and says why",
        arguments: [
            ("echo Usage: flex call", "printed what is no JSON on stdout"),
            (#"echo '{"status":"Failure","message":"no jq here"}'; exit 1"#, "failed: no jq here"),
            (#"echo '{"status":"Not supported"}'; exit 1"#, "does not support init"),
            (
                #"echo '{"status":"Success","capabilities":{"attach":"no"}}'"#,
                "capabilities.attach: expected true or false"
            ),
            ("exit 0", "got no reply"),
        ])
    func wrongInit(body: String, reason: String) async throws {
        let (error, _) = try await error("\(body); exit", flex.call(.attach))
        #expect(error.reason == .notReady)
        #expect(error.message.contains(reason), "\(error.message)")
    }
}
