import JSONTree
import Synchronization
import Testing

@testable import KubernetesAPI

@Suite("Trees of objects that were decoded a moment ago")
final class RecentTreesTests: Sendable {
    private let trees = RecentTrees(capacity: 2)
    private let parsings = Mutex<[String]>([])

    private func object(_ name: String, padding: Int = 0) -> StoredObject {
        StoredObject(
            kind: .configMap,
            object: [
                "metadata": ["name": .string(name)], "data": ["x": .string(String(repeating: "x", count: padding))],
            ])
    }

    private func tree(of object: StoredObject) -> JSONValue {
        trees.tree(of: object) {
            parsings.withLock { $0.append(object.key.name) }
            return ["name": .string(object.key.name)]
        }
    }

    @Test("an object is parsed once while it is among the last, and again after that")
    func capacity() {
        let (a, b, c) = (object("a"), object("b"), object("c"))
        for object in [a, a, b, a, b, c, b, c, a] {
            #expect(tree(of: object) == ["name": .string(object.key.name)])
        }
        #expect(parsings.withLock { $0 } == ["a", "b", "c", "a"])
    }

    @Test("another object never gets the tree of one that is gone, be it at the same address")
    func identity() {
        for number in 0..<1000 {
            let name = "object-\(number)"
            #expect(tree(of: object(name)) == ["name": .string(name)])
        }
    }

    @Test("a large object is not kept")
    func large() {
        let large = object("large", padding: 20_000)
        for _ in 1...2 { _ = tree(of: large) }
        #expect(parsings.withLock { $0 } == ["large", "large"])
    }

    @Test("many readers of the same objects get their trees")
    func concurrent() async {
        let objects = (0..<4).map { object("object-\($0)") }
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let object = objects[number % objects.count]
                    return self.tree(of: object) == ["name": .string(object.key.name)]
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }
}
