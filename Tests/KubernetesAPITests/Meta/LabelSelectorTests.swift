import JSONTree
import KubernetesAPI
import Testing

@Suite("Label selectors")
struct LabelSelectorTests {
    @Test(
        "the string form selects as Kubernetes does",
        arguments: [
            ("", true), ("tier=gold", true), ("tier==gold", true), ("tier=silver", false), ("tier!=silver", true),
            ("absent!=x", true), ("tier", true), ("!tier", false), ("!absent", true), ("tier in (gold, silver)", true),
            ("tier in (bronze)", false), ("tier notin (gold)", false), ("absent notin (x)", true), ("size>5", true),
            ("size>10", false), ("size<11", true), ("tier=gold,size=10", true), ("tier=gold,size=11", false),
            ("empty=", true), ("empty in ()", true), ("tier in (,gold)", true), (" tier = gold ", true),
            ("example.com/in=yes", true), ("in=word", true), ("tier>1", false), ("tier,!absent", true),
        ])
    func selects(text: String, matches: Bool) throws {
        let labels = ["tier": "gold", "size": "10", "empty": "", "example.com/in": "yes", "in": "word"]
        #expect(try LabelSelector(parsing: text).matches(labels) == matches)
    }

    @Test(
        "a wrong string is refused in Kubernetes' words",
        arguments: [
            ("a=b,", "found '', expected: identifier after ','"),
            (",a=b", "found ',', expected: !, identifier, or 'end of string'"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("a like b", "unable to parse requirement: found 'like', expected: in, notin, =, ==, !=, gt, lt"),
            ("a==,b=(", "unable to parse requirement: found '(', expected: identifier"),
            ("!", "unable to parse requirement: found '', expected: identifier"),
            (
                "a=-b",
                "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string "
                    + "or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                    + "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
                    + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
            ),
            (
                "/a=b",
                "unable to parse requirement: <nil>: Invalid value: \"/a\": prefix part must be non-empty"
            ),
            (
                "a>x",
                "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be "
                    + "an integer"
            ),
        ])
    func refuses(text: String, message: String) {
        #expect(throws: SelectorError(message)) { try LabelSelector(parsing: text) }
    }

    @Test("an object's matchLabels and matchExpressions must all hold")
    func object() throws {
        let selector = try LabelSelector([
            "matchLabels": ["tier": "gold"],
            "matchExpressions": [
                ["key": "size", "operator": "In", "values": ["10", "20"]],
                ["key": "zone", "operator": "NotIn", "values": ["b"]],
                ["key": "ready", "operator": "Exists"],
                ["key": "old", "operator": "DoesNotExist"],
            ],
        ])
        #expect(selector.matches(["tier": "gold", "size": "20", "ready": "", "zone": "a"]))
        #expect(!selector.matches(["tier": "gold", "size": "20", "ready": "", "zone": "b"]))
        #expect(!selector.matches(["tier": "gold", "size": "20"]))
        #expect(!selector.matches(["tier": "gold", "size": "20", "ready": "", "old": ""]))
        #expect(try LabelSelector([:]) == .everything)
    }

    @Test("a wrong object is refused in Kubernetes' words")
    func refusesObject() {
        func selector(_ expression: JSONValue) throws { _ = try LabelSelector(["matchExpressions": [expression]]) }
        #expect(throws: SelectorError("\"Like\" is not a valid label selector operator")) {
            try selector(["key": "a", "operator": "Like"])
        }
        #expect(
            throws: SelectorError("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
        ) { try selector(["key": "a", "operator": "In", "values": []]) }
        #expect(
            throws: SelectorError(
                "values: Invalid value: [\"x\"]: values set must be empty for exists and does not exist")
        ) { try selector(["key": "a", "operator": "Exists", "values": ["x"]]) }
    }
}

@Suite("Field selectors")
struct FieldSelectorTests {
    @Test("terms, operators and escapes are read")
    func reads() throws {
        let selector = try FieldSelector(parsing: #"metadata.name=a,status.phase!=Bound,spec.x==b\,c\=d\\,"#)
        #expect(
            selector.requirements == [
                .init(field: "metadata.name", value: "a"),
                .init(field: "status.phase", value: "Bound", isEqual: false),
                .init(field: "spec.x", value: #"b,c=d\"#),
            ])
        #expect(try FieldSelector(parsing: "") == .everything)
    }

    @Test(
        "a wrong one is refused in Kubernetes' words",
        arguments: [
            ("metadata.name", "invalid selector: 'metadata.name'; can't understand 'metadata.name'"),
            (#"a=b\x"#, #"invalid field selector: invalid escape sequence: \x"#),
            ("a=b=c", "invalid field selector: unescaped character in value: ="),
        ])
    func refuses(text: String, message: String) {
        #expect(throws: SelectorError(message)) { try FieldSelector(parsing: text) }
    }
}
