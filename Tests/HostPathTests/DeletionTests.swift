import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import HostPathDriver

@Suite("Deleting a hostPath volume")
struct DeletionTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test("erases a tree of 5,000 levels with few descriptors")
    func deepTree() throws {
        let path = try scene.provision()
        var directory = try OpenFile(trustedDirectory: path)
        for _ in 0..<5000 {
            #expect(try directory.makeDirectory("d", mode: 0o755))
            _ = try OpenFile("f", beneath: directory, flags: O_WRONLY | O_CREAT, mode: 0o644)
            directory = try directory.directory("d")
        }
        #expect(try scene.call(scene.request(.stats)).stats?.usedFiles == 10_001)
        #expect(try scene.call(scene.request(.delete)).status == .success)
        #expect(!Disk.exists(path))
        #expect(try Disk.entries(scene.base + "/.berth/trash") == [])
    }

    @Test("erases what is wide, nested and of every kind")
    func manyKinds() throws {
        let path = try scene.provision()
        for number in 0..<300 {
            try Disk.makeDirectory("\(path)/d\(number)")
            try Disk.makeDirectory("\(path)/d\(number)/e")
            try Disk.write("x", to: "\(path)/d\(number)/e/file")
            try Disk.write("x", to: "\(path)/f\(number)")
        }
        try #require(mkfifo(path + "/fifo", 0o644) == 0)
        try Disk.makeDirectory(path + "/" + String(repeating: "n", count: 255))
        try Disk.makeDirectory(path + "/.berth-1")
        try #require(chmod(path + "/d0/e", 0) == 0)
        #expect(try scene.call(scene.request(.delete)).status == .success)
        #expect(try Disk.entries(scene.base) == [".berth"])
    }

    @Test("with onDelete: retain leaves the data, and forgets the volume")
    func retain() throws {
        let path = try scene.provision(parameters: ["onDelete": "retain"])
        try Disk.write("data", to: path + "/file")
        for _ in 0..<2 { #expect(try scene.call(scene.request(.delete)).status == .success) }
        #expect(try Disk.read(path + "/file") == "data")
        #expect(try scene.list() == [])
    }

    @Test("with onDelete: archive renames the data, and no archive takes another's place")
    func archive() throws {
        let parameters = ["onDelete": "archive", "pathPattern": "${pvc.namespace}/${pvc.name}"]
        for number in 0..<5 {
            let name = "pvc-\(number)"
            let path = try scene.provision(name, parameters: parameters, claim: Scene.claim("c"))
            try Disk.write("data \(number)", to: path + "/file")
            for _ in 0..<2 { #expect(try scene.call(scene.request(.delete, name)).status == .success) }
            #expect(!Disk.exists(path))
        }
        let archives = try Disk.entries(scene.base).filter { $0.hasPrefix("archived-team-c-") }
        #expect(archives.count == 5)
        let contents = try archives.map { try Disk.read("\(scene.base)/\($0)/file") }
        #expect(contents.sorted() == (0..<5).map { "data \($0)" })
    }

    @Test("stops at another mount, and goes on when it is gone", .enabled(if: Privileges.canMount, "needs root"))
    func mountWithin() throws {
        let path = try scene.provision()
        try Disk.makeDirectory(path + "/mounted")
        try #require(mount("berth-test", path + "/mounted", "tmpfs", 0, nil) == 0)
        try Disk.write("precious", to: path + "/mounted/file")
        let error = try #require(try scene.call(scene.request(.delete)).error)
        #expect(error.code == .failedPrecondition)
        #expect(error.outcome == .unknown)
        let inTrash = scene.base + "/.berth/trash/pvc-1/mounted"
        #expect(try Disk.read(inTrash + "/file") == "precious")
        try #require(umount(inTrash) == 0)
        #expect(try scene.call(scene.request(.delete)).status == .success)
        #expect(try Disk.entries(scene.base + "/.berth/trash") == [])
    }

    @Test("of a volume whose mark a power failure tore finds its directory", arguments: [true, false])
    func tornMark(provisionAgain: Bool) throws {
        let parameters = ["pathPattern": "${pvc.namespace}/${pvc.name}"]
        let claim = Scene.claim("c")
        let path = try scene.provision(parameters: parameters, claim: claim)
        try Disk.write("", to: scene.base + "/.berth/volumes/pvc-1.json")
        #expect(try scene.list() == [])
        if provisionAgain {
            try scene.provision(parameters: parameters, claim: claim)
            #expect(try scene.list() == ["pvc-1"])
        }
        #expect(try scene.call(scene.request(.delete)).status == .success)
        #expect(!Disk.exists(path))
        #expect(try Disk.entries(scene.base + "/.berth/volumes") == [])
    }
}

/// What the user who runs the tests may do.
enum Privileges {
    static let canMount = geteuid() == 0 && tryMount()

    /// A container's root may lack the capability.
    private static func tryMount() -> Bool {
        var template = Array("/tmp/berth-mount-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else { return false }
        defer { rmdir(path) }
        guard mount("berth-test", path, "tmpfs", 0, nil) == 0 else { return false }
        return umount(path) == 0
    }
}
