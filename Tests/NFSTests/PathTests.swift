import DriverProtocol
import Glibc
import JSONTree
import NFSTestServer
import TestSupport
import Testing

@Suite("Where an NFS volume lies", .withServer)
struct PathTests {
    @Test("ten claims made at once get ten directories, with the names that their pattern says", arguments: versions)
    func tenClaims(version: String) throws {
        let scene = try Scene(version: version)
        let driver = try ResidentDriver(scene)
        for number in 0..<10 {
            driver.send(
                scene.request(
                    .provision, "pvc-\(number)", parameters: ["pathPattern": "${pvc.namespace}/${pvc.name}"],
                    claim: Scene.claim("data-\(number)"), callID: "\(number)"))
        }
        for _ in 0..<10 { #expect(try driver.reply().status == .success) }
        #expect(try Disk.entries(scene.root + "/team") == (0..<10).map { "data-\($0)" })
    }

    @Test(
        "classes of other provisioners mean what they meant",
        arguments: [
            (["subDir": "${pvc.metadata.namespace}/${pvc.metadata.name}"], "team/data"),
            (["subDir": "/${pv.metadata.name}/", "mountPermissions": "0", "onDelete": "retain"], "pvc-1"),
            (["pathPattern": "${.PVC.namespace}-${.PVC.name}", "archiveOnDelete": "false"], "team-data"),
            (["pathPattern": "${.PVC.labels.app}"], "web"),
        ])
    func otherProvisioners(parameters: [String: String], path: String) throws {
        let scene = try Scene()
        try scene.provision(parameters: parameters, claim: Scene.claim("data", labels: ["app": "web"]))
        #expect(Disk.status("\(scene.root)/\(path)").map { $0.st_mode & S_IFMT } == S_IFDIR)
    }

    @Test("two claims with the same path, or one within the other's, do not share it", arguments: versions)
    func samePath(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision("pvc-1", parameters: ["pathPattern": "shared/place"])
        for pattern in ["shared/place", "shared", "shared/place/within"] {
            let reply = try scene.call(scene.request(.provision, "pvc-2", parameters: ["pathPattern": pattern]))
            #expect(reply.error?.code == .alreadyExists)
            #expect(reply.error?.outcome == .final)
        }
        #expect(try scene.list() == ["pvc-1"])
        #expect(try Disk.entries(scene.root + "/shared") == ["place"])
    }

    @Test("no pattern gives a volume the place that another has by its name")
    func anothersName() throws {
        let scene = try Scene()
        let other = "pvc-0f0e0d0c-1111-2222-3333-444455556666"
        let reply = try scene.call(scene.request(.provision, "pvc-1", parameters: ["pathPattern": other]))
        #expect(reply.error?.code == .alreadyExists)
        try scene.provision(other)
        try scene.delete(other)
        #expect(try scene.list() == [])
    }

    @Test("a directory that is there already is refused, or taken over where the class says so", arguments: versions)
    func adopt(version: String) throws {
        let scene = try Scene(version: version)
        try Disk.makeDirectory(scene.root + "/old")
        try Disk.write("kept", to: scene.root + "/old/file")
        let refused = try scene.call(scene.request(.provision, parameters: ["pathPattern": "old"]))
        #expect(refused.error?.code == .alreadyExists)
        #expect(try scene.list() == [])
        try scene.provision(parameters: ["pathPattern": "old", "adoptExisting": "true"])
        #expect(try Disk.read(scene.root + "/old/file") == "kept")
    }

    @Test("a foreign directory of the volume's own name is refused too, and left alone", arguments: versions)
    func foreign(version: String) throws {
        let scene = try Scene(version: version)
        let name = "pvc-0f0e0d0c-1111-2222-3333-444455556666"
        try Disk.makeDirectory("\(scene.root)/\(name)")
        for _ in 0..<2 { #expect(try scene.call(scene.request(.provision, name)).error?.code == .alreadyExists) }
        #expect(try scene.list() == [])
        #expect(Disk.exists("\(scene.root)/\(name)"))
    }

    @Test("a name may have 255 bytes, and not 256", arguments: versions)
    func longName(version: String) throws {
        let scene = try Scene(version: version)
        let name = String(repeating: "n", count: 255)
        try scene.provision(parameters: ["pathPattern": name, "onDelete": "archive"])
        try Disk.write("data", to: "\(scene.root)/\(name)/\(name)")
        try scene.delete()
        let archive = try #require(try Disk.entries(scene.root).first { $0.hasPrefix("archived-") })
        #expect(archive.utf8.count == 255)
        #expect(try Disk.read("\(scene.root)/\(archive)/\(name)") == "data")
        let reply = try scene.call(scene.request(.provision, "pvc-2", parameters: ["pathPattern": name + "n"]))
        #expect(reply.error?.code == .invalidArgument)
    }
}

@Suite("A deleted NFS volume", .withServer)
struct DeletionPolicyTests {
    @Test("stays where it is with onDelete: retain", arguments: versions)
    func retain(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision(parameters: ["onDelete": "retain"])
        try Disk.write("data", to: scene.root + "/pvc-1/file")
        for _ in 0..<2 { try scene.delete() }
        #expect(try Disk.read(scene.root + "/pvc-1/file") == "data")
        #expect(try scene.list() == [])
    }

    @Test(
        "is renamed with onDelete: archive, also with a path pattern, and never replaces another archive",
        arguments: versions)
    func archive(version: String) throws {
        let scene = try Scene(version: version)
        // The names that the archives would get.
        try Disk.makeDirectory(scene.root + "/archived-team-data-pvc-1")
        try Disk.write("older", to: scene.root + "/archived-team-data-pvc-1/file")
        let parameters = ["pathPattern": "${pvc.namespace}/${pvc.name}", "archiveOnDelete": "true"]
        for number in 1...2 {
            try scene.provision("pvc-\(number)", parameters: parameters, claim: Scene.claim("data"))
            try Disk.write("\(number)", to: scene.root + "/team/data/file")
            for _ in 0..<2 { try scene.delete("pvc-\(number)", parameters: parameters) }
        }
        let archives = try Disk.entries(scene.root).filter { $0.hasPrefix("archived-") }
        #expect(archives == ["archived-team-data-pvc-1", "archived-team-data-pvc-1-2", "archived-team-data-pvc-2"])
        #expect(try archives.map { try Disk.read("\(scene.root)/\($0)/file") } == ["older", "1", "2"])
        #expect(try Disk.entries(scene.root + "/team") == [])
    }

    @Test("is not another host's to delete")
    func owner() throws {
        let scene = try Scene()
        try scene.provision()
        let reply = try scene.call(scene.request(.delete, owner: "berth-2"))
        #expect(reply.error?.code == .failedPrecondition)
        #expect(Disk.exists(scene.root + "/pvc-1"))
    }

    @Test("is found by what provision answered, when its class is gone", arguments: versions)
    func withoutClass(version: String) throws {
        let scene = try Scene(version: version)
        let made = try scene.provision()
        var request = scene.request(.delete, context: made.context)
        request.driver.config = [:]
        #expect(try scene.call(request).status == .success)
        #expect(!Disk.exists(scene.root + "/pvc-1"))
    }

    @Test("what a second NFS client writes is in the volume")
    func secondClient() throws {
        let scene = try Scene()
        try scene.provision()
        try Disk.write("from elsewhere", to: scene.data + "/file")
        let share = try #require(scene.config["share"]?.stringValue)
        let server = scene.server
        let copy = try PipedProcess([
            "/usr/bin/nfs-cp", scene.data + "/file",
            "nfs://127.0.0.1\(share)/pvc-1/file?version=3&nfsport=\(server.nfsPort)&mountport=\(server.mountPort)",
        ])
        let output = copy.readToEnd()
        #expect(copy.wait() == 0, "\(String(decoding: output.errors, as: UTF8.self))")
        #expect(try Disk.read(scene.root + "/pvc-1/file") == "from elsewhere")
    }
}
