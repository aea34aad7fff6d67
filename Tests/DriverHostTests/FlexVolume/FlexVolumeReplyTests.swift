import DriverProtocol
import JSONTree
import Testing

@testable import DriverHost

@Suite("A FlexVolume driver's reply")
struct FlexVolumeReplyTests {
    private func reply(_ text: String) throws -> FlexVolumeReply {
        try FlexVolumeReply(json: try JSONParser.parse(Array(text.utf8), duplicateKeys: .keepLast))
    }

    private func translated(_ verb: Verb, _ text: String) throws -> DriverReply {
        let request = FlexVolumeBench().call(verb).request(
            callID: "c-1", driver: DriverReference(name: FlexVolumeBench.name), owner: nil, timeout: .seconds(1),
            now: .now)
        return try reply(text).translated(to: request, capabilities: FlexVolumeCapabilities())
    }

    @Test("capabilities that are absent are true, apart from the metrics")
    func defaults() throws {
        for text in [
            #"{"status":"Success"}"#, #"{"status":"Success","capabilities":{}}"#,
            #"{"status":"Success","capabilities":null}"#, #"{"status":"Success","capabilities":{"attach":null}}"#,
        ] {
            let capabilities = try reply(text).capabilities
            #expect(capabilities.attach && capabilities.selinuxRelabel && capabilities.fsGroup)
            #expect(capabilities.requiresFSResize && !capabilities.supportsMetrics)
        }
    }

    @Test("members are known in any letter case, and others are ignored")
    func letterCase() throws {
        let reply = try reply(
            #"{"Status":"Success","Device":"/dev/x","Capabilities":{"Attach":false,"SupportsMetrics":true,"new":1},"x":[]}"#
        )
        #expect(reply.status == .success)
        #expect(reply.device == "/dev/x")
        #expect(!reply.capabilities.attach)
        #expect(reply.capabilities.supportsMetrics)
    }

    @Test(
        "the status is Success, Not supported, or else a failure",
        arguments: [
            ("Success", FlexVolumeReply.Status.success), ("Not supported", .notSupported),
            ("Failure", .failure(word: "Failure")), ("success", .failure(word: "success")),
            ("Not Supported", .failure(word: "Not Supported")),
        ])
    func status(word: String, status: FlexVolumeReply.Status) throws {
        #expect(try reply(#"{"status":"\#(word)"}"#).status == status)
    }

    @Test(
        "what is no reply is said to be none, and why",
        arguments: [
            ("{}", #"status: expected "Success", "Failure" or "Not supported", found nothing"#),
            ("[]", "the message: expected an object, found a value of type array"),
            (#"{"status":1}"#, "status: expected a string, found a value of type number"),
            (
                #"{"status":"Success","attached":"true"}"#,
                "attached: expected true or false, without quotes, found a value of type string"
            ),
            (
                #"{"status":"Success","capabilities":{"attach":"false"}}"#,
                "capabilities.attach: expected true or false, without quotes, found a value of type string"
            ),
            (
                #"{"status":"Success","capabilities":[]}"#,
                "capabilities: expected an object, found a value of type array"
            ),
        ])
    func wrongShape(text: String, message: String) {
        let error = #expect(throws: ProtocolError.self) { _ = try reply(text) }
        #expect(error?.description == message)
    }

    @Test("init becomes the capabilities of Berth's protocol, with none that FlexVolume has no call for")
    func info() throws {
        let info = try #require(try translated(.initialize, #"{"status":"Success"}"#).info)
        #expect(info.name == FlexVolumeBench.name)
        #expect(Set(info.capabilities) == Set(Verb.flexVolumeCalls.dropFirst(2).map { Capability($0) }))
        let mountOnly = try #require(
            try translated(
                .initialize, #"{"status":"Success","capabilities":{"attach":false,"requiresFSResize":false}}"#
            ).info)
        #expect(Set(mountOnly.capabilities.map(\.rawValue)) == ["mount", "unmount", "expandvolume"])
    }

    @Test("the members of a success arrive")
    func members() throws {
        #expect(try translated(.attach, #"{"status":"Success","device":"/dev/sdb"}"#).device == "/dev/sdb")
        #expect(try translated(.attach, #"{"status":"Success","device":""}"#).device == nil)
        #expect(try translated(.waitForAttach, #"{"status":"Success","device":"/dev/sdc"}"#).device == "/dev/sdc")
        #expect(try translated(.waitForAttach, #"{"status":"Success"}"#).device == "/dev/sdx")
        #expect(try translated(.isAttached, #"{"status":"Success","attached":true}"#).attached == true)
        #expect(try translated(.isAttached, #"{"status":"Success"}"#).attached == false)
        #expect(try translated(.getVolumeName, #"{"status":"Success","volumeName":"lun-4"}"#).volume?.id == "lun-4")
        #expect(try translated(.mount, #"{"status":"Success","message":"done"}"#).message == "done")
    }

    @Test("after expandvolume the size that was asked for counts, whatever volumeNewSize says")
    func expanded() throws {
        let reply = try translated(.expandVolume, #"{"status":"Success","volumeNewSize":5}"#)
        #expect(reply.volume?.capacityBytes == 2 << 30)
        #expect(reply.nodeExpansionRequired)
        #expect(reply.message?.contains("5 bytes") == true)
    }
}

@Suite("What kubelet does where a driver does not")
struct FlexVolumeDefaultTests {
    private func decide(
        _ verb: Verb, mounts: String = "", _ change: (inout DriverCall) -> Void = { _ in }
    ) -> FlexVolumeDefault {
        var call = FlexVolumeBench().call(verb)
        call.target = "/nowhere/pod"
        call.stagingTarget = "/nowhere/staging"
        change(&call)
        let request = call.request(
            callID: "c-1", driver: DriverReference(name: "d"), owner: nil, timeout: .seconds(1), now: .now)
        return FlexVolumeDefault(
            for: request, capabilities: FlexVolumeCapabilities(), mounts: MountTable(parsing: mounts))
    }

    private func command(_ decision: FlexVolumeDefault) -> [String]? {
        if case .run(let command, _) = decision { command } else { nil }
    }

    private func answer(_ decision: FlexVolumeDefault) -> DriverReply? {
        if case .answer(let reply) = decision { reply } else { nil }
    }

    private static func mounted(_ path: String, _ type: String) -> String {
        "36 35 98:0 / \(path) rw,noatime master:1 - \(type) /dev/sdx rw\n"
    }

    @Test("attaching is done, and the device is the one that was asked about")
    func attaching() {
        #expect(answer(decide(.attach))?.status == .success)
        #expect(answer(decide(.detach))?.status == .success)
        #expect(answer(decide(.waitForAttach))?.device == "/dev/sdx")
        #expect(answer(decide(.getVolumeName))?.volume?.id == "pv-1")
        #expect(decide(.isAttached) == .none(nil))
    }

    @Test("a device is mounted, and where there is none nothing is")
    func mountDevice() {
        #expect(
            command(decide(.mountDevice))
                == ["mount", "-t", "ext4", "-o", "rw", "--", "/dev/sdx", "/nowhere/staging"])
        #expect(
            command(
                decide(.mountDevice) {
                    $0.readOnly = true
                    $0.volume?.fsType = nil
                }) == ["mount", "-o", "ro", "--", "/dev/sdx", "/nowhere/staging"])
        #expect(answer(decide(.mountDevice) { $0.device = nil })?.status == .success)
    }

    @Test("the device's mount is bound, read-only where that is asked for")
    func mount() {
        #expect(command(decide(.mount)) == ["mount", "-o", "bind", "--", "/nowhere/staging", "/nowhere/pod"])
        #expect(
            command(decide(.mount) { $0.readOnly = true })
                == ["mount", "-o", "bind,ro", "--", "/nowhere/staging", "/nowhere/pod"])
        guard case .none(let reason?) = decide(.mount, { $0.stagingTarget = nil }) else {
            Issue.record("there is nothing to bind")
            return
        }
        #expect(reason.contains("stagingTarget"))
    }

    @Test("what is mounted is unmounted, and what is not is done")
    func unmount() {
        #expect(
            command(decide(.unmount, mounts: Self.mounted("/nowhere/pod", "ext4"))) == ["umount", "--", "/nowhere/pod"])
        #expect(
            command(decide(.unmountDevice, mounts: Self.mounted("/nowhere/staging", "ext4")))
                == ["umount", "--", "/nowhere/staging"])
        #expect(answer(decide(.unmount))?.status == .success)
    }

    @Test("a file system grows by its own tool")
    func growth() {
        func grown(_ type: String) -> [String]? {
            command(decide(.expandFS, mounts: Self.mounted("/nowhere/staging", type)))
        }
        #expect(grown("ext4") == ["resize2fs", "/dev/sdx"])
        #expect(grown("xfs") == ["xfs_growfs", "-d", "/nowhere/staging"])
        #expect(grown("btrfs") == ["btrfs", "filesystem", "resize", "max", "/nowhere/staging"])
        guard case .none(let reason?) = decide(.expandFS, mounts: Self.mounted("/nowhere/staging", "nfs4")) else {
            Issue.record("nfs4 does not grow")
            return
        }
        #expect(reason.contains("nfs4"))
        #expect(answer(decide(.expandVolume))?.nodeExpansionRequired == true)
    }
}

@Suite("The table of mounts")
struct MountTableTests {
    @Test("the topmost mount of a path counts, and its odd characters are read")
    func parsing() {
        let table = MountTable(
            parsing: """
                22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
                40 22 0:30 / /nowhere/a\\040b\\134c rw - tmpfs tmpfs rw
                41 40 7:0 / /nowhere/a\\040b\\134c rw,noatime master:3 propagate_from:2 - xfs /dev/loop0 rw
                42 22 7:0
                """)
        #expect(table.fileSystem(at: "/nowhere/a b\\c") == "xfs")
        #expect(table.fileSystem(at: "/nowhere/a b\\c/") == "xfs")
        #expect(table.fileSystem(at: "/") == "ext4")
        #expect(!table.isMountPoint("/nowhere"))
    }

    @Test("this machine's own can be read")
    func current() {
        #expect(MountTable.current().fileSystem(at: "/proc") == "proc")
        // Through a link in the middle of the path.
        #expect(MountTable.current().isMountPoint("/proc/self/root/proc"))
    }
}
