import Testing

@testable import KubernetesAPI

@Suite("The order of shared lists")
struct ListOrderTests {
    private func order(_ stored: String, _ listed: String, _ placement: ListOrder.Placement) -> String {
        let stored = Array(stored)
        let kept = stored.filter { !listed.contains($0) }
        return String(
            ListOrder.interleaving(kept: kept, into: Array(listed), placement) { stored.firstIndex(of: $0) })
    }

    @Test("an element that was not listed stays with its neighbours")
    func keepsNeighbours() {
        for placement in [ListOrder.Placement.beforeSuccessors, .afterPredecessors] {
            #expect(order("abc", "ac", placement) == "abc")
            #expect(order("abc", "ab", placement) == "abc")
            #expect(order("abc", "bc", placement) == "abc")
            #expect(order("abcd", "", placement) == "abcd")
            #expect(order("", "ab", placement) == "ab")
        }
    }

    @Test("what the writer listed keeps its order")
    func listedOrder() {
        #expect(order("abc", "ca", .beforeSuccessors) == "bca")
        #expect(order("abc", "ca", .afterPredecessors) == "cab")
    }

    @Test("new elements come first in a strategic merge patch, last in a server-side apply")
    func newElements() {
        #expect(order("ab", "n", .beforeSuccessors) == "nab")
        #expect(order("ab", "n", .afterPredecessors) == "abn")
        #expect(order("ab", "na", .afterPredecessors) == "nab")
        #expect(order("ab", "an", .afterPredecessors) == "abn")
    }
}
