import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import HostPathDriver

@Suite("Nothing leaves the base directory")
struct PathSafetyTests {
    private let scene: Scene

    init() throws {
        scene = try Scene()
        try Disk.makeDirectory(scene.directory + "/outside")
        try Disk.write("precious", to: scene.directory + "/outside/file")
    }

    private func expectOutsideUntouched() throws {
        #expect(try Disk.entries(scene.directory + "/outside") == ["file"])
        #expect(try Disk.read(scene.directory + "/outside/file") == "precious")
    }

    @Test(
        "a tenant's annotation that is no name is refused",
        arguments: [
            "../outside", "..", ".", "/etc", "a/b", "a/../../outside", "x/", "", "tab\there", "line\nbreak", ".berth",
            "archived-x", String(repeating: "n", count: 256),
        ])
    func annotations(value: String) throws {
        let request = scene.request(
            .provision, parameters: ["pathPattern": "${pvc.annotations['dir']}"],
            claim: Scene.claim("c", annotations: ["dir": value]))
        let error = try #require(try scene.call(request).error)
        #expect(error.code == .invalidArgument)
        #expect(error.outcome == .final)
        #expect(try Disk.entries(scene.directory).filter { $0 != "volumes" } == ["outside"])
        try expectOutsideUntouched()
    }

    @Test(
        "a pattern that leads elsewhere is refused",
        arguments: [
            "../${pvc.name}", "/${pvc.name}", "a//${pvc.name}", "${pvc.name}/", "${pvc.name}/..", "./${pvc.name}",
            ".berth/volumes/${pvc.name}", "archived-${pvc.name}",
        ])
    func patterns(pattern: String) throws {
        let request = scene.request(.provision, parameters: ["pathPattern": pattern], claim: Scene.claim("outside"))
        #expect(try scene.call(request).error?.code == .invalidArgument)
        try expectOutsideUntouched()
    }

    @Test("tokens are replaced, and one without a value is refused by name")
    func tokens() throws {
        let pattern = "${pvc.namespace}/${pvc.name}-${pv.name}-${pvc.annotations['a.b/c']}-$x-${pvc.labels['l']}"
        var claim = Scene.claim("data", annotations: ["a.b/c": "note"])
        let missing = try scene.call(scene.request(.provision, parameters: ["pathPattern": pattern], claim: claim))
        #expect(missing.error?.message.contains("${pvc.labels['l']}") == true)
        claim.labels = ["l": "label"]
        let path = try scene.provision(parameters: ["pathPattern": pattern], claim: claim)
        #expect(path == scene.base + "/team/data-pvc-1-note-$x-label")
        #expect(try #require(Disk.status(path)).st_mode & S_IFMT == S_IFDIR)
    }

    @Test("two claims whose names run together cannot share a directory")
    func collision() throws {
        let pattern = ["pathPattern": "${pvc.namespace}-${pvc.name}"]
        let path = try scene.provision("pvc-1", parameters: pattern, claim: Scene.claim("c", in: "a-b"))
        let request = scene.request(.provision, "pvc-2", parameters: pattern, claim: Scene.claim("b-c", in: "a"))
        for _ in 0..<2 {
            let error = try #require(try scene.call(request).error)
            #expect(error.code == .alreadyExists)
            #expect(error.message.contains("belongs to pvc-1"), "\(error.message)")
        }
        #expect(try scene.list() == ["pvc-1"])
        // The loser's deletion is not the winner's.
        #expect(try scene.call(scene.request(.delete, "pvc-2", parameters: pattern)).status == .success)
        #expect(Disk.exists(path))
    }

    @Test("a volume can lie neither within another nor above it", arguments: [true, false])
    func nesting(outerFirst: Bool) throws {
        let outer = scene.request(.provision, "pvc-1", parameters: ["pathPattern": "team"])
        let inner = scene.request(.provision, "pvc-2", parameters: ["pathPattern": "team/data"])
        #expect(try scene.call(outerFirst ? outer : inner).status == .success)
        #expect(try scene.call(outerFirst ? inner : outer).error?.code == .alreadyExists)
        #expect(try scene.list().count == 1)
    }

    @Test("a directory that belongs to no volume is not given to a claim, unless the class adopts it")
    func existingDirectory() throws {
        try scene.provision("pvc-0")
        try Disk.makeDirectory(scene.base + "/old")
        try Disk.write("old data", to: scene.base + "/old/file")
        let pattern = ["pathPattern": "old"]
        #expect(try scene.call(scene.request(.provision, parameters: pattern)).error?.code == .alreadyExists)
        #expect(try scene.list() == ["pvc-0"])
        let path = try scene.provision(parameters: ["pathPattern": "old", "adoptExisting": "true"])
        #expect(try Disk.read(path + "/file") == "old data")
    }

    @Test("a symbolic link in the place of a directory above a volume is not followed")
    func linkedParent() throws {
        let pattern = ["pathPattern": "${pvc.namespace}/${pvc.name}"]
        try scene.provision("pvc-1", parameters: pattern, claim: Scene.claim("c"))
        try #require(rename(scene.base + "/team", scene.base + "/moved") == 0)
        try Disk.link(scene.base + "/team", to: scene.directory + "/outside")
        try Disk.makeDirectory(scene.directory + "/outside/c")
        try Disk.write("mine", to: scene.directory + "/outside/c/file")
        for request in [
            scene.request(.provision, "pvc-2", parameters: pattern, claim: Scene.claim("d")),
            scene.request(.delete, "pvc-1", parameters: pattern),
        ] {
            let error = try #require(try scene.call(request).error)
            #expect(error.code == .failedPrecondition, "\(error.message)")
        }
        #expect(try Disk.entries(scene.directory + "/outside") == ["c", "file"])
        #expect(try Disk.read(scene.directory + "/outside/c/file") == "mine")
        try #require(unlink(scene.base + "/team") == 0)
        try #require(rename(scene.base + "/moved", scene.base + "/team") == 0)
        #expect(try scene.call(scene.request(.delete, "pvc-1", parameters: pattern)).status == .success)
    }

    @Test(
        "a symbolic link in the volume's own place is removed, and what it leads to is left",
        arguments: ["outside", "outside/file"])
    func linkedVolume(target: String) throws {
        let path = try scene.provision()
        try #require(rmdir(path) == 0)
        try Disk.link(path, to: scene.directory + "/" + target)
        #expect(try scene.call(scene.request(.get)).error?.code == .notFound)
        #expect(try scene.call(scene.request(.delete)).status == .success)
        #expect(!Disk.exists(path))
        try expectOutsideUntouched()
    }

    @Test("symbolic links within a volume are deleted, and not what they lead to")
    func linksWithin() throws {
        let path = try scene.provision()
        try Disk.link(path + "/directory", to: scene.directory + "/outside")
        try Disk.link(path + "/file", to: scene.directory + "/outside/file")
        try Disk.link(path + "/root", to: "/")
        try Disk.makeDirectory(path + "/sub")
        try Disk.link(path + "/sub/up", to: "../../../outside")
        #expect((try scene.call(scene.request(.stats)).stats?.usedBytes ?? .max) < 1 << 20)
        #expect(try scene.call(scene.request(.delete)).status == .success)
        #expect(!Disk.exists(path))
        try expectOutsideUntouched()
    }

    @Test("a tenant who swaps directories for links while a volume is being deleted loses nothing but the volume")
    func swappingWhileDeleting() throws {
        let path = try scene.provision()
        for outer in 0..<20 {
            try Disk.makeDirectory("\(path)/\(outer)")
            for inner in 0..<50 {
                try Disk.makeDirectory("\(path)/\(outer)/\(inner)")
                try Disk.write("x", to: "\(path)/\(outer)/\(inner)/file")
            }
        }
        let driver = try ResidentDriver()
        driver.send(scene.request(.delete))
        // The volume is renamed to the trash, where a tenant with a directory open goes on.
        for place in [path, scene.base + "/.berth/trash/pvc-1"] {
            for outer in 0..<20 {
                for inner in 0..<50 {
                    let directory = "\(place)/\(outer)/\(inner)"
                    if rename(directory, directory + "-moved") == 0 {
                        _ = symlink(scene.directory + "/outside", directory)
                    }
                }
            }
        }
        let reply = try driver.reply()
        if reply.status != .success {
            #expect(reply.error?.outcome == .unknown)
            #expect(try scene.call(scene.request(.delete)).status == .success)
        }
        #expect(!Disk.exists(path))
        #expect(try scene.list() == [])
        try expectOutsideUntouched()
    }

    @Test("a path that leads out is refused by the opening itself, whatever was checked before")
    func openBeneath() throws {
        let root = try OpenFile(trustedDirectory: scene.directory)
        try Disk.makeDirectory(scene.directory + "/in")
        try Disk.link(scene.directory + "/in/out", to: scene.directory + "/outside")
        let inside = try root.directory("in")
        for path in ["..", "../outside", "/", "/etc", "out", "out/file", "../in"] {
            #expect(throws: SystemError.self) { try inside.directory(path) }
        }
    }
}
