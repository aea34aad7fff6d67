import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import HostPathDriver

@Suite("A hostPath volume")
struct ProvisioningTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test("made twice is one directory, and the answer is the same")
    func provisionTwice() throws {
        let request = scene.request(.provision, capacityBytes: 5 << 20)
        let first = try DriverUnderTest.call(request)
        #expect(first.exitStatus == 0)
        let volume = try #require(first.reply.volume)
        #expect(volume.capacityBytes == 5 << 20)
        #expect(
            volume.volumeSource == ["hostPath": ["path": .string(scene.base + "/pvc-1"), "type": "Directory"]])
        #expect(volume.context == ["basePath": scene.base, "path": "pvc-1"])
        try Disk.write("data", to: scene.base + "/pvc-1/file")
        #expect(try scene.call(request).volume == volume)
        #expect(try Disk.read(scene.base + "/pvc-1/file") == "data")
        #expect(try scene.list() == ["pvc-1"])
    }

    @Test("deleted twice is gone with everything that was remembered of it, and deleting what never was succeeds")
    func deleteTwice() throws {
        let path = try scene.provision()
        try Disk.write("data", to: path + "/file")
        for name in ["pvc-1", "pvc-1", "pvc-never"] {
            let outcome = try DriverUnderTest.call(scene.request(.delete, name))
            #expect(outcome.reply.status == .success)
            #expect(outcome.exitStatus == 0)
        }
        #expect(try Disk.entries(scene.base) == [".berth"])
        for directory in ["volumes", "paths", "trash", "images"] {
            #expect(try Disk.entries("\(scene.base)/.berth/\(directory)") == [])
        }
    }

    @Test(
        "asked for again with other arguments is ALREADY_EXISTS, and left as it is",
        arguments: [
            ("size", Int64(9 << 20), nil, [:], "berth-1"),
            ("limit", nil, Int64(1), [:], "berth-1"),
            ("parameters", nil, nil, ["mode": "0700"], "berth-1"),
            ("path", nil, nil, ["pathPattern": "else"], "berth-1"),
            ("owner", nil, nil, [:], "berth-2"),
        ] as [(String, Int64?, Int64?, [String: String], String)])
    func otherArguments(
        what: String, capacity: Int64?, limit: Int64?, parameters: [String: String], owner: String
    ) throws {
        try scene.provision()
        var request = scene.request(
            .provision, capacityBytes: capacity, limitBytes: limit, parameters: parameters, owner: owner)
        if limit != nil { request.volume?.capacityBytes = 0 }
        for _ in 0..<2 {
            let outcome = try DriverUnderTest.call(request)
            #expect(outcome.reply.error?.code == .alreadyExists)
            #expect(outcome.reply.error?.outcome == .final)
            #expect(outcome.exitStatus == 1)
        }
        #expect(try Disk.entries(scene.base) == [".berth", "pvc-1"])
    }

    @Test("has the mode, owner and group that the class says, whatever the umask")
    func attributes() throws {
        let path = try scene.provision(
            parameters: geteuid() == 0 ? ["mode": "2775", "uid": "1234", "gid": "4321"] : ["mode": "2775"])
        let status = try #require(Disk.status(path))
        #expect(status.st_mode & 0o7777 == 0o2775)
        if geteuid() == 0 {
            #expect(status.st_uid == 1234)
            #expect(status.st_gid == 4321)
        }
        let byDefault = try #require(Disk.status(try scene.provision("pvc-2")))
        #expect(byDefault.st_mode & 0o7777 == 0o770)
    }

    @Test(
        "with a wrong parameter is refused with what would be right, and nothing is made",
        arguments: [
            (["basPath": "/srv"], #""basPath" is unknown; did you mean "basePath"?"#),
            (["ondelete": "retain"], #"did you mean "onDelete"?"#),
            (["onDelete": "destroy"], #""onDelete" must be "delete", "retain" or "archive""#),
            (["mode": "rwx"], #""mode" must match the pattern"#),
            (["uid": "-1"], #""uid" must be an integer from 0"#),
            (["basePath": "srv/volumes"], #""basePath" must match the pattern"#),
            (["basePath": "/srv/../etc"], "parameters.basePath must be an absolute path without . and .."),
            (["basePath": "///"], "parameters.basePath must be an absolute path, and not / itself"),
            (["pathPattern": "${pvc.uid}"], "has the unknown token ${pvc.uid}; there are ${pvc.namespace}"),
            (["pathPattern": "${pv.name"], "has a token without its }"),
            (["enforceCapacity": "quota"], #""enforceCapacity" must be "none" or "image""#),
        ])
    func wrongParameters(parameters: [String: String], message: String) throws {
        for verb in [Verb.validate, .provision] {
            let error = try #require(try scene.call(scene.request(verb, parameters: parameters)).error)
            #expect(error.code == .invalidArgument)
            #expect(error.outcome == .final)
            #expect(error.message.contains(message), "\(error.message)")
        }
        #expect(!Disk.exists(scene.base))
    }

    @Test("is validated without anything being made, and with what would stand in its way")
    func validate() throws {
        let reply = try scene.call(scene.request(.validate, capacityBytes: 7))
        #expect(reply.volume?.capacityBytes == 7)
        #expect(!Disk.exists(scene.base))
        let pattern = ["pathPattern": "shared"]
        try scene.provision("pvc-1", parameters: pattern)
        #expect(try scene.call(scene.request(.validate, "pvc-2", parameters: pattern)).error?.code == .alreadyExists)
        #expect(try scene.list() == ["pvc-1"])
    }

    @Test("is read back by get, and is NOT_FOUND before and after its life")
    func get() throws {
        #expect(try scene.call(scene.request(.get)).error?.code == .notFound)
        try scene.provision()
        #expect(try scene.call(scene.request(.get)).volume?.context["path"] == "pvc-1")
        _ = try scene.call(scene.request(.delete))
        #expect(try scene.call(scene.request(.get)).error?.code == .notFound)
    }

    @Test("in a base directory of the class's own is found by list, get and delete")
    func ownBase() throws {
        let other = scene.directory + "/other"
        let path = try scene.provision("pvc-2", parameters: ["basePath": other])
        #expect(path == other + "/pvc-2")
        try scene.provision("pvc-1")
        #expect(try scene.list() == ["pvc-1", "pvc-2"])
        #expect(try scene.list(pageSize: 1) == ["pvc-1", "pvc-2"])
        // By what the host was told, also when the class is gone.
        let context = ["basePath": other, "path": "pvc-2"]
        #expect(try scene.call(scene.request(.get, "pvc-2", context: context)).volume?.id == "pvc-2")
        #expect(try scene.call(scene.request(.delete, "pvc-2", context: context)).status == .success)
        #expect(!Disk.exists(path))
    }

    @Test("in a base directory with two names is listed once")
    func twoNames() throws {
        try Disk.makeDirectory(scene.directory + "/other")
        try Disk.link(scene.directory + "/alias", to: "other")
        try scene.provision("pvc-1", parameters: ["basePath": scene.directory + "/other"])
        try scene.provision("pvc-2", parameters: ["basePath": scene.directory + "/alias"])
        for size in [nil, 1] { #expect(try scene.list(pageSize: size) == ["pvc-1", "pvc-2"]) }
    }

    @Test("is not made in a base directory that drivers.json does not allow")
    func allowedBases() throws {
        var request = scene.request(.provision, parameters: ["basePath": scene.directory + "/other"])
        request.driver.config["allowedBasePaths"] = [.string(scene.directory + "/oth")]
        #expect(try scene.call(request).error?.field == "parameters.basePath")
        request.driver.config["allowedBasePaths"] = [.string(scene.directory)]
        #expect(try scene.call(request).status == .success)
    }

    @Test("says what is missing where there is no base directory, or nothing to make it in")
    func noBase() throws {
        var request = scene.request(.provision)
        request.driver.config = [:]
        #expect(try scene.call(request).error?.message.contains("give the class a parameter basePath") == true)
        request.parameters = ["basePath": scene.directory + "/a/b"]
        let error = try #require(try scene.call(request).error)
        #expect(error.code == .failedPrecondition)
        #expect(!Disk.exists(scene.directory + "/a"))
    }

    @Test("is not called deleted when the disk with its records is not there")
    func missingDisk() throws {
        try scene.provision()
        try #require(rename(scene.base, scene.base + "-away") == 0)
        let context = ["basePath": scene.base, "path": "pvc-1"]
        let error = try #require(try scene.call(scene.request(.delete, context: context)).error)
        #expect(error.code == .failedPrecondition)
        #expect(error.outcome == .unknown)
        try #require(rename(scene.base + "-away", scene.base) == 0)
        #expect(try scene.call(scene.request(.delete, context: context)).status == .success)
        #expect(try scene.call(scene.request(.delete, context: context)).status == .success)
    }

    @Test("grows on record, never shrinks, and says when it takes more than it has")
    func expandAndStats() throws {
        let path = try scene.provision()
        for _ in 0..<2 {
            let grown = try scene.call(scene.request(.expandVolume, capacityBytes: 3 << 20))
            #expect(grown.volume?.capacityBytes == 3 << 20)
        }
        #expect(try scene.call(scene.request(.expandVolume, capacityBytes: 1 << 20)).volume?.capacityBytes == 3 << 20)
        // The claim's first request is still what it was made with.
        #expect(try scene.call(scene.request(.provision)).volume?.capacityBytes == 3 << 20)
        try Disk.makeDirectory(path + "/sub")
        try Disk.write(String(repeating: "x", count: 4 << 20), to: path + "/sub/large")
        try #require(link(path + "/sub/large", path + "/again") == 0)
        let stats = try #require(try scene.call(scene.request(.stats)).stats)
        #expect(stats.usedFiles == 3)
        #expect((4 << 20..<5 << 20).contains(stats.usedBytes ?? 0))
        #expect(stats.abnormal)
        #expect((stats.availableBytes ?? 0) > 0)
        #expect((try scene.call(scene.request(.capacity, nil)).capacity?.availableBytes ?? 0) > 0)
    }

    @Test("belongs to the host that made it: another neither lists nor deletes it")
    func owners() throws {
        try scene.provision()
        #expect(try scene.list(owner: "berth-2") == [])
        #expect(try scene.call(scene.request(.delete, owner: "berth-2")).error?.code == .failedPrecondition)
        #expect(try scene.list(owner: "berth-1") == ["pvc-1"])
    }

    @Test("is listed once on one page, however long the pages are")
    func paging() throws {
        let driver = try ResidentDriver()
        let names = (0..<57).map { "pvc-\($0)" }
        for name in names { #expect(try driver.call(scene.request(.provision, name)).status == .success) }
        for size in [nil, 1, 10, 57, 1000] { #expect(try scene.list(pageSize: size) == names.sorted()) }
        var request = scene.request(.list, nil)
        request.paging = Paging(startingToken: "made up")
        #expect(try scene.call(request).error?.code == .aborted)
    }

    @Test("with a name that is no file's name is refused", arguments: ["../x", "a/b", ".hidden", "a b", "ü"])
    func wrongNames(name: String) throws {
        for verb in [Verb.provision, .delete, .get] {
            #expect(try scene.call(scene.request(verb, name)).error?.code == .invalidArgument)
        }
    }

    @Test("never has its secrets printed, by whichever verb")
    func secrets() throws {
        let secret = "hunter2-correct-horse"
        for verb in Verb.all {
            var request = scene.request(verb, capacityBytes: 1)
            request.secrets = ["password": secret]
            request.parameters = verb == .provision ? ["onDelete": secret] : [:]
            let outcome = try DriverUnderTest.call(request)
            #expect(!outcome.standardOutput.contains(secret), "\(verb)")
            #expect(!outcome.standardError.contains(secret), "\(verb)")
        }
    }

    @Test("of two claims at the same moment with one path, one gets it")
    func concurrentCollision() throws {
        let driver = try ResidentDriver()
        for round in 0..<20 {
            let count = 8
            for number in 0..<count {
                driver.send(
                    scene.request(
                        .provision, "pvc-\(round)-\(number)", parameters: ["pathPattern": "shared-\(round)"],
                        callID: "c\(number)"))
            }
            var succeeded = 0
            for _ in 0..<count {
                let reply = try driver.reply()
                if reply.status == .success { succeeded += 1 } else { #expect(reply.error?.code == .alreadyExists) }
            }
            #expect(succeeded == 1)
        }
        #expect(try scene.list().count == 20)
    }
}
