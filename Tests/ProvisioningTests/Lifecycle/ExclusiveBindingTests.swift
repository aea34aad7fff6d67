import JSONTree
import KubernetesAPI
import TestSupport
import Testing

@testable import Provisioning

/// Claims and volumes as a store holds them, people who change them at random, and controllers whose decisions are
/// carried out later than they were made: whatever the order, no two claims are Bound to one volume.
@Suite("A volume is one claim's")
struct ExclusiveBindingTests {
    @Test("whatever people do, and in whatever order decisions are carried out", arguments: 1...40)
    func randomSequences(seed: UInt64) {
        var world = World(seed: seed)
        for step in 0..<1000 {
            world.advance()
            guard let (volume, claims) = world.doublyBound else { continue }
            Issue.record("seed \(seed), step \(step): \(claims.sorted()) are Bound to \(volume)")
            return
        }
        // Nobody changes anything any more: all that waits only for another to let go has its turn.
        for _ in 0..<400 { world.advance(people: false) }
        #expect(world.doublyBound == nil)
        #expect(world.waitingForHolder.isEmpty, "seed \(seed)")
    }

    @Test("a claim waits for the one that has its volume, and not for itself")
    func holders() {
        var holders = VolumeHolders()
        func claim(_ name: String, _ phase: ClaimPhase) -> PersistentVolumeClaim {
            Objects.claim(name) {
                $0.volumeName = "v"
                $0.phase = phase
            }
        }
        let (a, b) = (claim("a", .bound), claim("b", .bound))
        #expect(holders.update(a, key: a.key) == nil)
        #expect(holders.update(b, key: b.key) == nil)
        #expect(holders.others(than: a.key, of: "v") == [b.key])
        #expect(holders.others(than: nil, of: "v") == [a.key, b.key])
        #expect(holders.update(claim("a", .lost), key: a.key) == "v")
        #expect(holders.others(than: b.key, of: "v").isEmpty)
        #expect(holders.remove(b.key) == "v")
        #expect(holders.others(than: nil, of: "v").isEmpty)
    }
}

/// One store, one cache that learns of what people do later, one decision under way for each object.
private struct World {
    private static let claimNames = ["a", "b", "c"]
    private static let volumeNames = ["v", "w"]

    private var random: SplitMix64
    private var objects: [WorkItem: JSONValue] = [:]
    private var version: UInt64 = 0
    private var nextUID = 0
    private let cache = ObjectCache()
    /// Not yet known to the cache.
    private var news: [WatchEvent] = []
    private var decisions: [WorkItem: ObjectWrite] = [:]
    private(set) var waitingForHolder: Set<String> = []

    init(seed: UInt64) {
        random = SplitMix64(seed: seed)
        for name in Self.volumeNames { createVolume(name) }
    }

    /// A volume, and the claims that are Bound to it, when there are several.
    var doublyBound: (String, [String])? {
        var bound: [String: [String]] = [:]
        for case (.claim, let json) in objects {
            let claim = PersistentVolumeClaim(json)
            if claim.phase == .bound { bound[claim.volumeName, default: []].append(claim.name) }
        }
        return bound.first { $0.value.count > 1 }.map { ($0.key, $0.value) }
    }

    mutating func advance(people: Bool = true) {
        switch random.next() % (people ? 10 : 8) {
        case 0...1: deliverNews()
        case 2...4: decide()
        case 5...7: carryOut()
        default: interfere()
        }
    }

    // MARK: people

    private mutating func interfere() {
        let name = pick(Self.claimNames)
        let item = WorkItem.claim(ObjectKey(namespace: "default", name: name))
        let volumeItem = WorkItem.volume(pick(Self.volumeNames))
        switch random.next() % 8 {
        case 0...2: createClaim(name)
        case 3: remove(item)
        case 4:
            change(item) { (claim: inout PersistentVolumeClaim) in
                claim.metadata[annotation: WellKnownAnnotation.bindCompleted] = nil
            }
        case 5: change(volumeItem) { (volume: inout PersistentVolume) in volume.claimRef = nil }
        default:
            guard let claim = objects[item].map({ PersistentVolumeClaim($0) }) else { return }
            let namesUID = random.next() % 2 == 0
            change(volumeItem) { (volume: inout PersistentVolume) in
                volume.claimRef = claim.reference
                if !namesUID { volume.claimRef?.uid = nil }
            }
        }
    }

    private mutating func createClaim(_ name: String) {
        let item = WorkItem.claim(ObjectKey(namespace: "default", name: name))
        guard objects[item] == nil else { return }
        let asked = random.next() % 2 == 0 ? pick(Self.volumeNames) : ""
        let uid = newUID()
        let claim = Objects.claim(name, className: "") { claim in
            claim.metadata.uid = uid
            claim.metadata.finalizers = []
            if !asked.isEmpty { claim.volumeName = asked }
        }
        store(item, claim.json, isNews: true)
    }

    private mutating func createVolume(_ name: String) {
        store(.volume(name), Objects.volume(name).json, isNews: true)
    }

    private mutating func change<Object: KubernetesObject>(_ item: WorkItem, _ change: (inout Object) -> Void) {
        guard var object = objects[item].map({ Object($0) }) else { return }
        change(&object)
        store(item, object.json, isNews: true)
    }

    // MARK: controllers

    private mutating func decide() {
        guard let item = objects.keys.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &random),
            decisions[item] == nil
        else { return }
        let now = Timestamp(seconds: 1_800_000_000)
        switch item {
        case .claim(let key):
            guard let situation = cache.situation(of: key, hostNode: nil) else { return }
            var reserved: String?
            let step = ClaimLifecycle(situation: situation, now: now).next(
                reserve: { requirements in
                    let volume = cache.reserve(requirements, for: key)
                    reserved = volume?.name
                    return volume
                }, misfits: { _ in nil })
            if let reserved { cache.endReservation(of: reserved, for: key) }
            waitingForHolder.remove(key.name)
            switch step {
            case .write(let write), .release(let write): decisions[item] = write
            // The reconciler asks the API for the volume first.
            case .lose(let write, _):
                let known = cache.volume(situation.claim.volumeName)?.metadata.resourceVersion
                let live = objects[.volume(situation.claim.volumeName)].map { PersistentVolume($0) }
                if live?.metadata.resourceVersion == known { decisions[item] = write }
            case .wait(let notice) where notice.message.contains("is still bound"): waitingForHolder.insert(key.name)
            default: break
            }
        case .volume(let name):
            guard let volume = cache.volume(name) else { return }
            var owner = cache.owner(of: volume)
            if case .seemsGone = owner, let key = volume.claimRef?.key, objects[.claim(key)] == nil { owner = .gone }
            if case .write(let write) = VolumeLifecycle(volume: volume, owner: owner, now: now).next() {
                decisions[item] = write
            }
        case .intent: break
        }
    }

    private mutating func carryOut() {
        guard let item = decisions.keys.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &random),
            let write = decisions.removeValue(forKey: item), let stored = objects[item],
            stored.at("metadata", "resourceVersion") == write.json.at("metadata", "resourceVersion"),
            stored.at("metadata", "uid") == write.json.at("metadata", "uid")
        else { return }
        // Each write changes its part of the object only.
        var merged = write.subresource == nil ? write.json : stored
        merged["status"] = write.subresource == nil ? stored["status"] : write.json["status"]
        store(item, merged, isNews: false)
    }

    private mutating func deliverNews() {
        guard !news.isEmpty else { return }
        _ = cache.apply([news.removeFirst()])
    }

    // MARK: store

    private mutating func store(_ item: WorkItem, _ json: JSONValue, isNews: Bool) {
        version += 1
        var json = json
        json.set(.string(String(version)), at: "metadata", "resourceVersion")
        objects[item] = json
        let event = WatchEvent(.modified, StoredObject(kind: Self.kind(item), object: json))
        if isNews { news.append(event) } else { _ = cache.apply([event]) }
    }

    private mutating func remove(_ item: WorkItem) {
        guard var json = objects.removeValue(forKey: item) else { return }
        version += 1
        json.set(.string(String(version)), at: "metadata", "resourceVersion")
        news.append(WatchEvent(.deleted, StoredObject(kind: Self.kind(item), object: json)))
    }

    private static func kind(_ item: WorkItem) -> ResourceKind {
        if case .volume = item { .persistentVolume } else { .persistentVolumeClaim }
    }

    private mutating func newUID() -> String {
        nextUID += 1
        return "uid-\(nextUID)"
    }

    private mutating func pick(_ names: [String]) -> String { names[Int(random.next() % UInt64(names.count))] }
}
