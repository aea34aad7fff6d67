import JSONTree
import Testing

@testable import Provisioning

@Suite("Node affinity")
struct NodeAffinityTests {
    private func affinity(_ expressions: JSONValue...) -> NodeAffinity {
        NodeAffinity(["required": ["nodeSelectorTerms": [["matchExpressions": .array(expressions)]]]])
    }

    @Test("a volume without one is reached from everywhere")
    func everywhere() {
        #expect(NodeAffinity(nil).matches(nodeName: "n", labels: [:]))
    }

    @Test(
        "operators",
        arguments: [
            ("In", ["a", "b"], "a", true), ("In", ["a"], "c", false), ("NotIn", ["a"], "c", true),
            ("NotIn", ["a"], "a", false), ("Exists", [], "x", true), ("DoesNotExist", [], "x", false),
            ("Gt", ["5"], "6", true), ("Gt", ["5"], "5", false), ("Lt", ["5"], "4", true), ("Lt", ["5"], "x", false),
        ] as [(String, [String], String, Bool)])
    func operators(name: String, values: [String], label: String, matches: Bool) {
        let affinity = affinity(["key": "k", "operator": .string(name), "values": JSONValue(values)])
        #expect(affinity.matches(nodeName: "n", labels: ["k": label]) == matches)
    }

    @Test("all requirements of a term must hold, and one of the terms")
    func terms() {
        let json = NodeAffinity.json(topology: [["zone": "a", "rack": "1"], ["zone": "b"]])
        let affinity = NodeAffinity(json)
        #expect(affinity.matches(nodeName: "n", labels: ["zone": "a", "rack": "1"]))
        #expect(!affinity.matches(nodeName: "n", labels: ["zone": "a", "rack": "2"]))
        #expect(affinity.matches(nodeName: "n", labels: ["zone": "b"]))
    }

    @Test("a term without requirements matches nothing")
    func emptyTerm() {
        #expect(!NodeAffinity(["required": ["nodeSelectorTerms": [[:]]]]).matches(nodeName: "n", labels: [:]))
    }

    @Test("no topology gives no affinity")
    func noTopology() {
        #expect(NodeAffinity.json(topology: []) == nil)
        #expect(NodeAffinity.json(topology: [[:]]) == nil)
    }
}
