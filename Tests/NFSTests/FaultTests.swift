import DriverProtocol
import Glibc
import JSONTree
import NFSTestServer
import TestSupport
import Testing

@Suite("What goes wrong around an NFS volume", .withServer)
struct FaultTests {
    // MARK: Tenants

    @Test(
        "a symbolic link in the place of a volume is removed, and nothing that it leads to",
        arguments: ["delete", "archive"], versions)
    func swappedVolume(onDelete: String, version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision("pvc-1", parameters: ["onDelete": onDelete])
        try scene.provision("pvc-2")
        try Disk.write("mine", to: scene.root + "/pvc-2/file")
        try #require(rmdir(scene.root + "/pvc-1") == 0)
        try Disk.makeLink(scene.root + "/pvc-1", to: scene.root + "/pvc-2")
        let outcome = try scene.run(scene.request(.delete))
        #expect(outcome.reply.status == .success)
        #expect(outcome.errors.contains("no directory any more"))
        #expect(!Disk.exists(scene.root + "/pvc-1"))
        #expect(try Disk.read(scene.root + "/pvc-2/file") == "mine")
        #expect(try scene.list() == ["pvc-2"])
    }

    @Test("symbolic links within a volume are removed, and nothing that they lead to", arguments: versions)
    func linksWithin(version: String) throws {
        let scene = try Scene(version: version)
        try Disk.makeDirectory(scene.data + "/outside")
        try Disk.write("mine", to: scene.data + "/outside/file")
        try scene.provision()
        try Disk.makeDirectory(scene.root + "/pvc-1/sub")
        for (link, target) in [("root", "/"), ("up", "../.."), ("sub/out", scene.data + "/outside")] {
            try Disk.makeLink("\(scene.root)/pvc-1/\(link)", to: target)
        }
        try scene.delete()
        #expect(try Disk.read(scene.data + "/outside/file") == "mine")
        #expect(try Disk.entries(scene.root) == [".berth"])
    }

    @Test("a symbolic link above a volume is not followed, neither to make nor to delete", arguments: versions)
    func linkAbove(version: String) throws {
        let scene = try Scene(version: version)
        let parameters = ["pathPattern": "${pvc.namespace}/${pvc.name}"]
        try scene.provision(parameters: parameters, claim: Scene.claim("data"))
        try #require(rename(scene.root + "/team", scene.data + "/team") == 0)
        try Disk.write("mine", to: scene.data + "/team/data/file")
        try Disk.makeLink(scene.root + "/team", to: scene.data + "/team")
        for (verb, name, claim) in [(Verb.delete, "pvc-1", "data"), (.provision, "pvc-2", "more")] {
            let reply = try scene.call(
                scene.request(verb, name, parameters: parameters, claim: Scene.claim(claim)))
            #expect(reply.error?.code == .failedPrecondition)
        }
        #expect(try Disk.entries(scene.data + "/team") == ["data"])
        #expect(try Disk.read(scene.data + "/team/data/file") == "mine")
    }

    @Test("a directory tree 5,000 deep, with names of 255 bytes, is deleted", arguments: versions)
    func deepTree(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        var directory = open(scene.root + "/pvc-1", O_RDONLY | O_DIRECTORY)
        let name = String(repeating: "d", count: 255)
        for _ in 0..<5000 {
            try #require(mkdirat(directory, name, 0o755) == 0)
            let next = openat(directory, name, O_RDONLY | O_DIRECTORY)
            close(directory)
            directory = next
        }
        close(openat(directory, name, O_WRONLY | O_CREAT, 0o644))
        close(directory)
        try scene.delete()
        #expect(try Disk.entries(scene.root) == [".berth"])
        #expect(try Disk.entries(scene.root + "/.berth/trash") == [])
    }

    // MARK: What a server refuses

    @Test("a share without the right to write in it is PERMISSION_DENIED, finally", arguments: versions)
    func noPermission(version: String) throws {
        let scene = try Scene(version: version)
        let reply = try scene.call(
            scene.request(.provision, config: ["credentialUID": 4242, "credentialGID": 4242]))
        #expect(reply.error?.code == .permissionDenied)
        #expect(reply.error?.outcome == .final)
    }

    @Test("without root on the server, a volume is made, used and deleted by its own user", arguments: versions)
    func withoutRoot(version: String) throws {
        let scene = try Scene(version: version)
        try #require(chown(scene.root, 4242, 4242) == 0)
        let config: JSONObject = ["credentialUID": 4242, "credentialGID": 4242]
        try #require(try scene.call(scene.request(.provision, config: config)).status == .success)
        #expect(Disk.status(scene.root + "/pvc-1")?.st_uid == 4242)
        // What its own user has closed is opened to be erased.
        try Disk.makeDirectory(scene.root + "/pvc-1/closed")
        try Disk.write("data", to: scene.root + "/pvc-1/closed/file")
        try #require(chown(scene.root + "/pvc-1/closed", 4242, 4242) == 0)
        try #require(chmod(scene.root + "/pvc-1/closed", 0o500) == 0)
        #expect(try scene.call(scene.request(.delete, config: config)).status == .success)
        #expect(try Disk.entries(scene.root) == [".berth"])
    }

    @Test("a share exported read-only is FAILED_PRECONDITION, finally", arguments: versions)
    func readOnly(version: String) throws {
        let scene = try Scene(version: version)
        let share = scene.server.share("ro", version: version)
        let reply = try scene.call(scene.request(.provision, parameters: ["share": share]))
        #expect(reply.error?.code == .failedPrecondition, "\(reply.error.map { "\($0)" } ?? "")")
        #expect(reply.error?.outcome == .final)
    }

    @Test("a share that is not exported is refused with a reason", arguments: versions)
    func noShare(version: String) throws {
        let scene = try Scene(version: version)
        let reply = try scene.call(scene.request(.provision, parameters: ["share": "/none/such"]))
        let error = try #require(reply.error)
        #expect([.notFound, .permissionDenied].contains(error.code), "\(error)")
        #expect(error.message.contains("/none/such"))
    }

    // MARK: Servers that go away

    @Test("nobody at the server's port is UNAVAILABLE with an unknown outcome", arguments: versions)
    func nobodyThere(version: String) throws {
        let scene = try Scene(version: version)
        let reply = try scene.call(scene.request(.provision, config: ["port": 1, "mountPort": 1]))
        #expect(reply.error?.code == .unavailable)
        #expect(reply.error?.outcome == .unknown)
    }

    @Test("a server that hangs ends a call at its deadline, and by its patience", arguments: versions)
    func hangingServer(version: String) throws {
        let server = try GaneshaServer()
        let scene = try Scene(version: version, server: server)
        let driver = try ResidentDriver(scene)
        try #require(try driver.call(scene.request(.provision)).status == .success)
        server.suspend()
        defer { server.resume() }
        let late = try driver.call(scene.request(.provision, "pvc-2", timeout: .milliseconds(500)))
        #expect(late.error?.code == .deadlineExceeded)
        #expect(late.error?.outcome == .unknown)
        // From drivers.json: as a parameter, the call that is made again below would have to have it too, and the server
        // is slow while it wakes up.
        let silent = try driver.call(scene.request(.provision, "pvc-3", config: ["timeoutSeconds": 1]))
        #expect(silent.error?.code == .unavailable)
        #expect(silent.error?.outcome == .unknown)
        driver.send(scene.request(.provision, "pvc-4", callID: "given-up"))
        driver.send(raw: #"{"cancel": "given-up"}"#)
        #expect(try driver.reply().error?.code == .cancelled)
        server.resume()
        for name in ["pvc-2", "pvc-3", "pvc-4"] {
            let request = scene.request(.provision, name, config: ["timeoutSeconds": 60])
            #expect(try driver.call(request).status == .success)
        }
    }

    @Test("a stopped server's port is kept for it")
    func portIsKept() throws {
        let server = try GaneshaServer()
        server.stop()
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(other) }
        #expect(sockaddr_in.loopback(server.nfsPort).with { bind(other, $0, $1) } == -1)
        try server.start()
    }

    @Test("a server that was restarted is met with a new connection", arguments: versions)
    func restart(version: String) throws {
        let server = try GaneshaServer()
        let scene = try Scene(version: version, server: server)
        let driver = try ResidentDriver(scene)
        try #require(try driver.call(scene.request(.provision)).status == .success)
        server.stop()
        let gone = try driver.call(scene.request(.provision, "pvc-2"))
        #expect(gone.error?.code == .unavailable)
        #expect(gone.error?.outcome == .unknown)
        try server.start()
        #expect(try driver.call(scene.request(.provision, "pvc-2")).status == .success)
    }

    @Test("handles that have become stale are looked up anew", arguments: versions)
    func staleHandles(version: String) throws {
        let scene = try Scene(version: version)
        let driver = try ResidentDriver(scene)
        try #require(try driver.call(scene.request(.provision)).status == .success)
        Disk.removeTree(scene.root + "/.berth")
        #expect(try driver.call(scene.request(.provision, "pvc-2")).status == .success)
        #expect(try scene.list() == ["pvc-2"])
    }

    @Test(
        "killed in the midst of making, copying and deleting, and started again, a server ends with all of it done",
        arguments: versions)
    func killedServer(version: String) throws {
        let server = try GaneshaServer()
        let scene = try Scene(version: version, server: server)
        let driver = try ResidentDriver(scene)
        try scene.provision("pvc-source")
        for number in 0..<2000 { try Disk.write("\(number)", to: scene.root + "/pvc-source/\(number)") }
        var requests = (0..<20).map { scene.request(.provision, "pvc-\($0)", callID: "\($0)") }
        requests.append(
            scene.request(.provision, "pvc-copy", contentSource: .volume(.init(id: "pvc-source")), callID: "copy"))
        try endInSuccess(requests, driver, server)
        #expect(try Disk.entries(scene.root + "/pvc-copy").count == 2000)
        #expect(try Disk.read(scene.root + "/pvc-copy/1999") == "1999")
        let names = (0..<20).map { "pvc-\($0)" } + ["pvc-copy", "pvc-source"]
        #expect(try scene.list().sorted() == names.sorted())
        try endInSuccess(names.map { scene.request(.delete, $0, callID: $0) }, driver, server)
        #expect(try Disk.entries(scene.root) == [".berth"])
        for directory in try Disk.entries(scene.root + "/.berth") {
            #expect(try Disk.entries("\(scene.root)/.berth/\(directory)") == [], "\(directory)")
        }
    }

    /// Sends all requests, kills the server at once, and repeats what did not succeed with a new one.
    private func endInSuccess(_ requests: [DriverRequest], _ driver: ResidentDriver, _ server: GaneshaServer) throws {
        var open = requests
        var isFirst = true
        while !open.isEmpty {
            for request in open { driver.send(request) }
            // The first answer tells that the work is under way.
            var replies = [try driver.reply()]
            if isFirst { server.stop() }
            while replies.count < open.count { replies.append(try driver.reply()) }
            if isFirst { try server.start() }
            isFirst = false
            for reply in replies where reply.status != .success && reply.status != .pending {
                let error = try #require(reply.error)
                try #require(error.code == .unavailable && error.outcome == .unknown, "\(error)")
            }
            let done = Set(replies.filter { $0.status == .success }.compactMap(\.callID))
            open.removeAll { done.contains($0.callID) }
        }
    }

    @Test(
        "a driver killed in the midst of its work leaves nothing that the next call does not finish",
        arguments: versions)
    func killedDriver(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision("pvc-source")
        for number in 0..<300 { try Disk.write("\(number)", to: scene.root + "/pvc-source/\(number)") }
        let provision = scene.request(.provision, "pvc-copy", contentSource: .volume(.init(id: "pvc-source")))
        for request in [provision, scene.request(.delete, "pvc-copy")] {
            for delay in stride(from: UInt32(2000), to: 60_000, by: 8000) {
                let child = try scene.child([request.verb.rawValue])
                child.write(request.json.encoded)
                child.closeInput()
                usleep(delay)
                child.kill(SIGKILL)
                _ = child.wait()
            }
            #expect(try scene.call(request).status == .success)
            let expected =
                request.verb == .provision ? [".berth", "pvc-copy", "pvc-source"] : [".berth", "pvc-source"]
            #expect(try Disk.entries(scene.root) == expected)
            if request.verb == .provision { #expect(try Disk.entries(scene.root + "/pvc-copy").count == 300) }
            for directory in ["trash", "copies"] {
                #expect(try Disk.entries("\(scene.root)/.berth/\(directory)") == [])
            }
        }
    }
}
