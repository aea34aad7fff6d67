import DriverProtocol
import Glibc
import JSONTree
import Testing

@Suite("A hostPath driver that is killed")
struct KillTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    @Test("at any moment of a provision makes one volume by the same call again", arguments: [false, true])
    func whileProvisioning(nested: Bool) throws {
        let parameters = nested ? ["pathPattern": "${pvc.namespace}/${pvc.name}", "uid": "\(geteuid())"] : [:]
        for round in 0..<40 {
            let name = "pvc-\(100 + round)"
            let request = scene.request(.provision, name, parameters: parameters, claim: Scene.claim("c\(round)"))
            // Up to 12 ms: from before it has read anything to after it has answered.
            for attempt in 0..<2 {
                try DriverUnderTest.kill(request, afterMicroseconds: UInt32(round * 300 + attempt * 150))
            }
            let reply = try scene.call(request)
            #expect(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "")")
        }
        #expect(try scene.list() == (0..<40).map { "pvc-\(100 + $0)" })
        let top = try Disk.entries(scene.base).filter { $0 != ".berth" }
        #expect(nested ? top == ["team"] : top.count == 40)
        if nested { #expect(try Disk.entries(scene.base + "/team").count == 40) }
    }

    @Test("at any moment of a deletion leaves nothing after the same call again")
    func whileDeleting() throws {
        for round in 0..<30 {
            let path = try scene.provision("pvc-\(round)")
            for outer in 0..<10 {
                try Disk.makeDirectory("\(path)/\(outer)")
                for inner in 0..<10 { try Disk.write("x", to: "\(path)/\(outer)/\(inner)") }
            }
            let request = scene.request(.delete, "pvc-\(round)")
            try DriverUnderTest.kill(request, afterMicroseconds: UInt32(round * 400))
            #expect(try scene.call(request).status == .success)
        }
        #expect(try scene.list() == [])
        #expect(try Disk.entries(scene.base) == [".berth"])
        for directory in ["volumes", "paths", "trash"] {
            #expect(try Disk.entries("\(scene.base)/.berth/\(directory)") == [])
        }
    }

    @Test("while resident and busy has made each volume at most once, and all of them after the same calls again")
    func whileResident() throws {
        let names = (0..<200).map { "pvc-\(1000 + $0)" }
        for round in 0..<5 {
            let driver = try ResidentDriver()
            for name in names { driver.send(scene.request(.provision, name, callID: name)) }
            for _ in 0..<(round * 30) { #expect(try driver.reply().status == .success) }
            driver.kill(SIGKILL)
            _ = driver.wait()
        }
        let driver = try ResidentDriver()
        for name in names { driver.send(scene.request(.provision, name, callID: name)) }
        for _ in names { #expect(try driver.reply().status == .success) }
        #expect(try scene.list() == names)
        #expect(try Disk.entries(scene.base).count == names.count + 1)
    }

    @Test("by SIGTERM ends at once")
    func terminated() throws {
        let driver = try ResidentDriver()
        _ = try driver.call(scene.request(.status, nil))
        driver.kill(SIGTERM)
        #expect(driver.wait() & 0x7F == SIGTERM)
    }

    @Test("by the end of its input answers what it was asked, and exits with 0")
    func inputEnds() throws {
        let driver = try ResidentDriver()
        for number in 0..<50 { driver.send(scene.request(.provision, "pvc-\(number)", callID: "\(number)")) }
        driver.closeInput()
        for _ in 0..<50 { #expect(try driver.reply().status == .success) }
        #expect(driver.wait() == 0)
    }
}
