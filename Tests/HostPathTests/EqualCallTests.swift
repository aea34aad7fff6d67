import DriverProtocol
import Glibc
import Testing

@testable import HostPathDriver
@testable import StorageDriverKit

/// Each call in a process of its own: a resident driver makes one call for a volume at a time.
@Suite("Equal calls about a hostPath volume at the same moment")
struct EqualCallTests {
    private let scene: Scene

    init() throws { scene = try Scene() }

    private func expectOrderly(_ replies: [DriverReply], sourceLocation: SourceLocation = #_sourceLocation) {
        for error in replies.compactMap(\.error) {
            #expect(error.code == .aborted, "\(error)", sourceLocation: sourceLocation)
        }
        #expect(replies.contains { $0.status == .success }, sourceLocation: sourceLocation)
    }

    @Test("make one volume")
    func provision() throws {
        for round in 0..<12 {
            expectOrderly(try DriverUnderTest.together(6, scene.request(.provision, "pvc-\(round)")))
        }
        #expect(try scene.list().count == 12)
        #expect(try Disk.entries(scene.base).count == 13)
    }

    @Test("that make a volume where another's is leave nothing")
    func takenPath() throws {
        let parameters = ["pathPattern": "shared"]
        try scene.provision("pvc-0", parameters: parameters)
        for round in 1...12 {
            let request = scene.request(.provision, "pvc-\(round)", parameters: parameters)
            for reply in try DriverUnderTest.together(6, request) {
                #expect([.alreadyExists, .aborted].contains(reply.error?.code))
            }
        }
        #expect(try scene.list() == ["pvc-0"])
        #expect(try Disk.entries(scene.base + "/.berth/volumes") == ["pvc-0.json"])
    }

    @Test("of which one made the volume after another had looked for it: that one is to be made again")
    func madeMeanwhile() throws {
        try scene.provision()
        let base = try #require(try BaseDirectory(existing: scene.base))
        guard case .mark(let mark) = try VolumeMarks(base: base).read("pvc-1") else {
            Issue.record("the volume has no mark")
            return
        }
        let request = scene.request(.provision, parameters: mark.parameters)
        let call = VolumeCall(
            volume: try #require(request.volume), capacityBytes: mark.capacityBytes, request: request)
        let provisioning = VolumeProvisioning(base: base, plan: try VolumePlan(call))
        for _ in 1...2 {
            let error = #expect(throws: DriverError.self) { try provisioning.begin() }
            #expect(error?.code == .aborted, "\(String(describing: error))")
        }
        try scene.provision()
    }

    @Test("delete a volume with all that is in it")
    func delete() throws {
        for round in 0..<12 {
            let path = try scene.provision("pvc-\(round)")
            for number in 0..<20 { try Disk.makeDirectory("\(path)/\(number)") }
            expectOrderly(try DriverUnderTest.together(6, scene.request(.delete, "pvc-\(round)")))
        }
        #expect(try Disk.entries(scene.base) == [".berth"])
        #expect(try Disk.entries(scene.base + "/.berth/trash") == [])
    }

    @Test("record the largest size that was asked for")
    func grow() throws {
        try scene.provision()
        for round in 1...8 {
            let size = Int64(round) << 30
            expectOrderly(try DriverUnderTest.together(6, scene.request(.expandVolume, capacityBytes: size)))
            #expect(try scene.call(scene.request(.get)).volume?.capacityBytes == size)
        }
        #expect(try Disk.entries(scene.base + "/.berth/volumes") == ["pvc-1.json"])
    }

    @Test("make, mount, grow and delete one image", .enabled(if: Images.canBeMade, "\(Images.reason)"))
    func images() throws {
        var request = scene.request(
            .provision, capacityBytes: 300 << 20, parameters: ["enforceCapacity": "image", "mode": "0777"])
        // The file system that can be grown without CAP_SYS_RESOURCE.
        request.volume?.fsType = ImageFileSystem.program("mkfs.xfs") == nil ? "ext4" : "xfs"
        expectOrderly(try DriverUnderTest.together(6, request))
        let path = scene.base + "/pvc-1"
        // As after a restart of the machine.
        try #require(umount(path) == 0)
        expectOrderly(try DriverUnderTest.together(6, scene.request(.stats)))
        if Images.canGrow || request.volume?.fsType == "xfs" {
            expectOrderly(try DriverUnderTest.together(6, scene.request(.expandVolume, capacityBytes: 320 << 20)))
        }
        try Disk.write("data", to: path + "/file")
        // A second mount would show the file still.
        try #require(umount(path) == 0)
        #expect(!Disk.exists(path + "/file"))
        #expect(try scene.call(scene.request(.status, nil)).status == .success)
        expectOrderly(try DriverUnderTest.together(6, scene.request(.delete)))
        #expect(try Disk.entries(scene.base) == [".berth"])
        #expect(try Disk.entries(scene.base + "/.berth/images") == [])
    }
}
