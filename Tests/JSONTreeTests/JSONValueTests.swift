import JSONTree
import Testing

@Suite("A JSON tree")
struct JSONValueTests {
    @Test("objects with the same members in another order are equal and hash alike")
    func equality() {
        let left: JSONValue = ["a": 1, "b": ["c": "d"]]
        let right: JSONValue = ["b": ["c": "d"], "a": 1]
        #expect(left == right)
        #expect(left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": ["c": "e"]])
        #expect(left.canonicalEncoded == right.canonicalEncoded)
    }

    @Test("a path is set through objects that are not there yet, and removed again")
    func paths() {
        var value: JSONValue = [:]
        value.set("x", at: "metadata", "annotations", "k")
        #expect(value == ["metadata": ["annotations": ["k": "x"]]])
        value.set(nil, at: "metadata", "annotations", "k")
        value.set(nil, at: "status", "phase")
        #expect(value == ["metadata": ["annotations": [:]]])
        #expect(value.at("metadata", "annotations")?.objectValue?.isEmpty == true)
    }

    @Test("a large object finds, replaces and removes members like a small one", arguments: [3, 24, 25, 500])
    func largeObjects(count: Int) {
        var object = JSONObject()
        for number in 0..<count { object["key\(number)"] = .integer(Int64(number)) }
        #expect(object.count == count)
        object["key0"] = "replaced"
        object["key1"] = nil
        #expect(object["key0"] == "replaced")
        #expect(object["key1"] == nil)
        #expect(object["key\(count - 1)"] == .integer(Int64(count - 1)))
        #expect(object.keys.first == "key0" && object.count == count - 1)
        object.filterInPlace { $0.key == "key2" }
        #expect(object.keys == ["key2"])
    }
}
