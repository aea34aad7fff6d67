import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("Available volumes")
struct AvailableVolumesTests {
    private func best(of volumes: [PersistentVolume], for claim: PersistentVolumeClaim) throws -> String? {
        var available = AvailableVolumes()
        for volume in volumes { available.update(volume) }
        return available.reserve(try ClaimRequirements(claim), for: claim.key)?.name
    }

    @Test("the smallest that is large enough is chosen")
    func smallestFit() throws {
        let volumes = [
            Objects.volume("large", size: "100Gi"), Objects.volume("fits", size: "10Gi"),
            Objects.volume("small", size: "5Gi"),
        ]
        #expect(try best(of: volumes, for: Objects.claim()) == "fits")
    }

    @Test("of equal ones the first by name is chosen")
    func firstByName() throws {
        #expect(try best(of: [Objects.volume("b"), Objects.volume("a")], for: Objects.claim()) == "a")
    }

    @Test("a larger one with fewer access modes comes before a smaller one with more")
    func fewestModes() throws {
        let volumes = [
            Objects.volume("many", size: "8Gi", modes: [.readWriteOnce, .readOnlyMany]),
            Objects.volume("few", size: "20Gi", modes: [.readWriteOnce]),
        ]
        #expect(try best(of: volumes, for: Objects.claim()) == "few")
    }

    @Test("the access modes must all be there")
    func modes() throws {
        let claim = Objects.claim(modes: [.readWriteOnce, .readOnlyMany])
        #expect(try best(of: [Objects.volume(modes: [.readWriteOnce])], for: claim) == nil)
        let volume = Objects.volume(modes: [.readWriteMany, .readOnlyMany, .readWriteOnce])
        #expect(try best(of: [volume], for: claim) != nil)
    }

    @Test(
        "the class must be equal, none included",
        arguments: [("", "", true), ("fast", "fast", true), ("fast", "", false), ("", "fast", false)])
    func classEquality(volumeClass: String, claimClass: String, fits: Bool) throws {
        let volume = Objects.volume(className: volumeClass)
        #expect(try (best(of: [volume], for: Objects.claim(className: claimClass)) != nil) == fits)
    }

    @Test("the volume mode must be equal, absent meaning Filesystem")
    func volumeMode() throws {
        let block = Objects.claim { $0.volumeMode = .block }
        let filesystem = Objects.claim { $0.volumeMode = .filesystem }
        #expect(try best(of: [Objects.volume()], for: block) == nil)
        #expect(try best(of: [Objects.volume()], for: filesystem) != nil)
    }

    @Test("the selector must match")
    func selector() throws {
        let claim = Objects.claim { $0.json.set(["matchLabels": ["tier": "gold"]], at: "spec", "selector") }
        let gold = Objects.volume("gold") { $0.metadata.labels = ["tier": "gold"] }
        #expect(try best(of: [Objects.volume("plain"), gold], for: claim) == "gold")
    }

    @Test(
        "one that is bound, claimed, deleted or not yet available is no choice",
        arguments: [0, 1, 2, 3])
    func notToBeHad(why: Int) throws {
        let volume = Objects.volume { volume in
            switch why {
            case 0: volume.phase = .bound
            case 1: volume.claimRef = Objects.claim("other").reference
            case 2: Objects.deleted(&volume.metadata)
            default: volume.phase = .pending
            }
        }
        #expect(try best(of: [volume], for: Objects.claim()) == nil)
    }

    @Test("two claims do not get the same volume, until the first one gives it back")
    func reservation() throws {
        var available = AvailableVolumes()
        available.update(Objects.volume())
        let requirements = try ClaimRequirements(Objects.claim())
        let first = ObjectKey(namespace: "default", name: "first")
        let second = ObjectKey(namespace: "default", name: "second")
        #expect(available.reserve(requirements, for: first) != nil)
        #expect(available.reserve(requirements, for: second) == nil)
        #expect(available.reserve(requirements, for: first) != nil)
        available.release(for: first, "pv0001")
        #expect(available.reserve(requirements, for: second) != nil)
    }

    @Test("a volume that is taken out is found no more, twice in a row")
    func removal() throws {
        var available = AvailableVolumes()
        available.update(Objects.volume("a"))
        available.update(Objects.volume("b"))
        available.remove("a")
        available.remove("a")
        #expect(available.count == 1)
        #expect(available.reserve(try ClaimRequirements(Objects.claim()), for: Objects.claim().key)?.name == "b")
    }

    @Test("what does not fit is told with its reason")
    func misfits() throws {
        var available = AvailableVolumes()
        available.update(Objects.volume("pv0003", size: "5Gi"))
        #expect(
            available.misfits(try ClaimRequirements(Objects.claim()))
                == "pv0003: requested PV is too small (it has 5Gi, the claim asks for 8Gi)")
    }

    @Test("a node must be one from which the volume is reached")
    func node() throws {
        var available = AvailableVolumes()
        available.update(
            Objects.volume { $0.nodeAffinity = NodeAffinity.json(topology: [["kubernetes.io/hostname": "a"]]) })
        func found(on node: String) throws -> Bool {
            let node = ClaimRequirements.Node(name: node, labels: ["kubernetes.io/hostname": node])
            let requirements = try ClaimRequirements(Objects.claim(), node: node)
            return available.reserve(requirements, for: Objects.claim().key) != nil
        }
        #expect(try found(on: "a"))
        #expect(try !found(on: "b"))
    }
}
