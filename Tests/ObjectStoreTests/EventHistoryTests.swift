import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("The history of changes")
struct EventHistoryTests {
    private func history(_ versions: ClosedRange<UInt64>, count: Int, bytes: Int = .max) -> EventHistory {
        var history = EventHistory(floor: versions.lowerBound - 1, limits: .init(count: count, bytes: bytes))
        for version in versions {
            let object = StoredObject(
                kind: .configMap, key: ObjectKey(name: "a"), uid: "", resourceVersion: version, labels: [:],
                isBeingDeleted: false, encoded: [UInt8](repeating: 0, count: 100))
            history.append(Change(rowID: 1, object: object, isRemoval: false))
        }
        return history
    }

    @Test("it keeps the latest, and knows up to where it does not", arguments: [1, 7, 1_000, 5_000])
    func bounded(count: Int) {
        let history = history(1...5_000, count: count)
        let floor = UInt64(5_000 - count)
        #expect(history.floor == floor)
        let position = history.position(after: floor)
        let kept = position.flatMap { history.changes(from: $0, limit: 10_000) } ?? []
        #expect(kept.map(\.object.resourceVersion) == Array((floor + 1)...5_000))
        if floor > 0 { #expect(history.position(after: floor - 1) == nil) }
    }

    @Test("its bytes are bounded too")
    func bytes() {
        #expect(history(1...100, count: 1_000, bytes: 1_000).floor == 90)
    }

    @Test("a position stays the same when older changes are dropped, until it is dropped itself")
    func positions() {
        var history = history(1...10, count: 5)
        let position = history.position(after: 8)
        #expect(history.changes(from: position ?? 0, limit: 1)?.first?.object.resourceVersion == 9)
        #expect(history.changes(from: history.endPosition, limit: 1)?.isEmpty == true)
        history = self.history(1...20, count: 5)
        #expect(history.changes(from: position ?? 0, limit: 1) == nil)
    }
}
