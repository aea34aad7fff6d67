import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("The cache")
struct ObjectCacheTests {
    private let cache = ObjectCache()

    private func stored(_ object: some KubernetesObject, version: Int = 1) -> StoredObject {
        var object = object
        object.metadata.resourceVersion = String(version)
        return StoredObject(kind: type(of: object).resourceKind, object: object.json)
    }

    private func apply(_ change: WatchEvent.Change, _ object: StoredObject) -> Set<WorkItem> {
        cache.apply([WatchEvent(change, object)])
    }

    private let key = ObjectKey(namespace: "default", name: "data")

    @Test("a claim that comes is looked at, and its situation has what concerns it")
    func situation() {
        #expect(apply(.added, stored(Objects.claim(className: "fast"))) == [.claim(key)])
        _ = apply(.added, stored(Objects.storageClass()))
        _ = apply(.added, stored(Objects.provisionedVolume()))
        let situation = cache.situation(of: key, hostNode: nil)
        #expect(situation?.storageClass?.name == "fast")
        #expect(situation?.provisionedVolume?.name == Objects.ownVolumeName)
        #expect(situation?.isInUse == false)
    }

    @Test("an older version than the known one is passed over, and wakes nobody")
    func olderVersion() {
        _ = apply(.added, stored(Objects.claim(className: "new"), version: 7))
        #expect(apply(.modified, stored(Objects.claim(className: "old"), version: 6)).isEmpty)
        #expect(apply(.modified, stored(Objects.claim(className: "new"), version: 7)).isEmpty)
        #expect(cache.claim(key)?.storageClassName == "new")
    }

    @Test("what was deleted is not brought back by a late answer to a write")
    func departed() {
        _ = apply(.added, stored(Objects.claim(), version: 1))
        _ = apply(.deleted, stored(Objects.claim(), version: 3))
        _ = cache.learn(stored(Objects.claim(), version: 2))
        #expect(cache.claim(key) == nil)
    }

    @Test("a claim that goes wakes its volumes, also when another of its name is there already")
    func deletedClaimWakesVolumes() {
        _ = apply(.added, stored(Objects.claim { $0.volumeName = "pv0001" }, version: 1))
        _ = apply(.added, stored(Objects.claim { $0.metadata.uid = "second" }, version: 2))
        let items = apply(.deleted, stored(Objects.claim { $0.volumeName = "pv0001" }, version: 2))
        #expect(items.isSuperset(of: [.volume("pv0001"), .volume(Objects.ownVolumeName)]))
        #expect(cache.claim(key)?.uid == "second")
    }

    @Test("a volume that becomes available wakes the claims of its class")
    func availableWakes() {
        _ = apply(.added, stored(Objects.claim("of-class", className: "fast")))
        _ = apply(.added, stored(Objects.claim("of-other", className: "slow")))
        _ = apply(.added, stored(Objects.claim("of-default")))
        #expect(
            apply(.added, stored(Objects.volume(className: "fast")))
                == [.volume("pv0001"), .claim(ObjectKey(namespace: "default", name: "of-class"))])
        #expect(
            apply(.added, stored(Objects.volume("pv0002")))
                == [.volume("pv0002"), .claim(ObjectKey(namespace: "default", name: "of-default"))])
    }

    @Test("a volume wakes the claim that asks for it by name")
    func namedWakes() {
        _ = apply(.added, stored(Objects.claim { $0.volumeName = "pv0001" }))
        #expect(apply(.added, stored(Objects.volume { $0.phase = .pending })).contains(.claim(key)))
    }

    @Test("a class wakes the claims that name it, and those that would get it as default")
    func classWakes() {
        _ = apply(.added, stored(Objects.claim("named", className: "fast")))
        _ = apply(.added, stored(Objects.claim("default")))
        #expect(
            apply(.added, stored(Objects.storageClass()))
                == [
                    .claim(ObjectKey(namespace: "default", name: "named")),
                    .claim(ObjectKey(namespace: "default", name: "default")),
                ])
    }

    @Test("a Pod wakes its claims, is their consumer, and holds them until it ends")
    func pods() {
        _ = apply(.added, stored(Objects.claim()))
        func pod(_ phase: String, node: String = "") -> Pod {
            var pod = Pod(name: "mypod", namespace: "default")
            pod.json.set([["name": "v", "persistentVolumeClaim": ["claimName": "data"]]], at: "spec", "volumes")
            pod.json.set(.string(phase), at: "status", "phase")
            pod.nodeName = node
            return pod
        }
        #expect(apply(.added, stored(pod("Pending"), version: 1)) == [.claim(key)])
        #expect(cache.situation(of: key, hostNode: nil)?.consumer == .unscheduled("mypod"))
        #expect(
            cache.situation(of: key, hostNode: "here")?.consumer
                == .node(ClaimRequirements.Node(name: "here", labels: [:])))
        #expect(cache.situation(of: key, hostNode: nil)?.isInUse == true)
        _ = apply(.modified, stored(pod("Running", node: "there"), version: 2))
        #expect(
            cache.situation(of: key, hostNode: "here")?.consumer
                == .node(ClaimRequirements.Node(name: "there", labels: [:])))
        #expect(apply(.modified, stored(pod("Succeeded", node: "there"), version: 3)) == [.claim(key)])
        #expect(cache.situation(of: key, hostNode: nil)?.isInUse == false)
    }

    @Test("a list that lacks an object takes it away, of every kind")
    func relist() {
        _ = apply(.added, stored(Objects.claim()))
        _ = apply(.added, stored(Objects.volume()))
        _ = apply(.added, stored(Objects.storageClass()))
        for kind in [ResourceKind.persistentVolumeClaim, .persistentVolume, .storageClass, .pod, .node] {
            _ = cache.replace(kind, by: [])
            _ = cache.replace(kind, by: [])
        }
        #expect(cache.claim(key) == nil)
        #expect(cache.volume("pv0001") == nil)
        _ = apply(.added, stored(Objects.claim("second", className: "fast")))
        #expect(
            cache.situation(of: ObjectKey(namespace: "default", name: "second"), hostNode: nil)?.storageClass == nil)
    }

    @Test("at the start only what is not plainly bound is looked at")
    func load() {
        func claim(_ number: Int, _ change: (inout PersistentVolumeClaim) -> Void = { _ in }) -> StoredObject {
            stored(
                Objects.claim("c\(number)") {
                    $0.metadata.uid = "u\(number)"
                    $0.volumeName = "pvc-u\(number)"
                    $0.phase = .bound
                    $0.metadata[annotation: "pv.kubernetes.io/bind-completed"] = "yes"
                    change(&$0)
                })
        }
        func volume(_ number: Int) -> StoredObject {
            stored(
                Objects.volume("pvc-u\(number)") {
                    $0.phase = .bound
                    $0.claimRef = Objects.claim("c\(number)") { $0.metadata.uid = "u\(number)" }.reference
                })
        }
        let items = cache.load(
            volumes: [volume(1), volume(2), volume(4), stored(Objects.volume("free") { $0.phase = .pending })],
            claims: [
                claim(1), claim(2) { Objects.deleted(&$0.metadata) }, claim(3),
            ])
        func key(_ name: String) -> ObjectKey { ObjectKey(namespace: "default", name: name) }
        // 1 is bound; 2 is deleted, so its volume is looked at too; 3 lost its volume; 4 lost its claim.
        #expect(
            items == [
                .claim(key("c2")), .volume("pvc-u2"), .claim(key("c3")), .volume("pvc-u4"), .volume("free"),
            ])
    }
}
