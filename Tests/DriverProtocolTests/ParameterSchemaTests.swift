import DriverProtocol
import JSONTree
import Testing

@Suite("Parameter schema")
struct ParameterSchemaTests {
    private let json: JSONValue = [
        "type": "object",
        "properties": [
            "basePath": ["type": "string", "description": "a directory", "pattern": #"^/(?:[\w.-]+/?)*$"#],
            "onDelete": ["type": "string", "enum": ["delete", "retain", "archive"], "default": "delete"],
            "iops": ["type": "integer", "minimum": 100, "maximum": 64000],
            "ratio": ["type": "number", "minimum": 0],
            "encrypted": ["type": "boolean", "default": false],
            "pool": ["type": "string", "minLength": 1, "maxLength": 3],
        ],
        "patternProperties": ["^tag_[0-9]+$": ["type": "string", "pattern": "="]],
        "required": ["basePath"],
    ]

    @Test("right parameters come back with the defaults of those that are absent")
    func defaults() throws {
        let schema = try ParameterSchema(json: json)
        #expect(
            try schema.validate(["basePath": "/srv/a", "iops": "100", "tag_1": "a=b"]) == [
                "basePath": "/srv/a", "iops": "100", "tag_1": "a=b", "onDelete": "delete", "encrypted": "false",
            ])
    }

    @Test(
        "each wrong parameter is named with what would be right",
        arguments: [
            ("basPath", "/x", #"parameter "basPath" is unknown; did you mean "basePath"?"#),
            ("ondelete", "delete", #"parameter "ondelete" is unknown; did you mean "onDelete"?"#),
            (
                "zzzzzzzzzzz", "1",
                #"parameter "zzzzzzzzzzz" is unknown; the driver takes basePath, onDelete, iops, ratio, encrypted, pool, names that match ^tag_[0-9]+$"#
            ),
            (
                "onDelete", "retian",
                #"parameter "onDelete" must be "delete", "retain" or "archive"; did you mean "retain"?"#
            ),
            ("iops", "99", #"parameter "iops" must be an integer from 100 to 64000"#),
            ("iops", "1e3", #"parameter "iops" must be an integer from 100 to 64000"#),
            ("ratio", "-0.5", #"parameter "ratio" must be a number of at least 0"#),
            ("encrypted", "yes", #"parameter "encrypted" must be "true" or "false""#),
            ("pool", "", #"parameter "pool" must have at least 1 characters"#),
            ("pool", "abcd", #"parameter "pool" must have at most 3 characters"#),
            ("basePath", "srv", #"parameter "basePath" must match the pattern ^/(?:[\w.-]+/?)*$ (a directory)"#),
            ("basePath", "/a\0b", #"parameter "basePath" must match the pattern ^/(?:[\w.-]+/?)*$ (a directory)"#),
            ("tag_7", "nothing", #"parameter "tag_7" must match the pattern ="#),
        ])
    func violations(name: String, value: String, expected: String) throws {
        let schema = try ParameterSchema(json: json)
        let parameters = ["basePath": "/srv"].merging([name: value]) { $1 }
        let error = #expect(throws: InvalidParameters.self) { try schema.validate(parameters) }
        #expect(error?.description == expected)
        #expect(error?.driverError.code == .invalidArgument)
        #expect(error?.driverError.outcome == .final)
        #expect(error?.driverError.field == "parameters.\(name)")
    }

    @Test("everything that is wrong is said at once")
    func allViolations() throws {
        let schema = try ParameterSchema(json: json)
        let error = #expect(throws: InvalidParameters.self) {
            try schema.validate(["iops": "many", "pooll": "a"])
        }
        #expect(error?.violations.map(\.parameter) == ["iops", "pooll", "basePath"])
        #expect(error?.violations.map(\.suggestion) == [nil, "pool", nil])
    }

    @Test("a wrong value is never quoted, since it may be a secret in the wrong place")
    func valueNotQuoted() throws {
        let schema = try ParameterSchema(json: json)
        let error = #expect(throws: InvalidParameters.self) {
            try schema.validate(["basePath": "hunter2", "iops": "hunter2", "onDelete": "hunter2"])
        }
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test("names in any case are taken where the schema says so, and come back as it spells them")
    func caseInsensitive() throws {
        var json = json
        json["x-caseInsensitive"] = true
        let schema = try ParameterSchema(json: json)
        #expect(try schema.validate(["BASEPATH": "/srv"])["basePath"] == "/srv")
        #expect(throws: InvalidParameters.self) { try schema.validate(["basepath": "/a", "basePath": "/b"]) }
    }

    @Test("parameters of a class that a newer driver would refuse are completed for a volume that is there already")
    func completed() throws {
        let schema = try ParameterSchema(json: json)
        #expect(
            schema.completed(["gone": "x", "onDelete": "shred"]) == [
                "gone": "x", "onDelete": "shred", "encrypted": "false",
            ])
    }

    @Test("unknown parameters pass where the schema allows them")
    func additionalProperties() throws {
        let schema = try ParameterSchema(json: ["additionalProperties": true])
        #expect(try schema.validate(["a": "b"]) == ["a": "b"])
    }

    @Test(
        "a schema that is wrong is refused with the path of the fault",
        arguments: [
            (#"{"type":"array"}"#, "type"),
            (#"{"properties":{"a":{"type":"text"}}}"#, "properties.a.type"),
            (#"{"properties":{"a":{"pattern":"(?=x)"}}}"#, "properties.a.pattern"),
            (#"{"properties":{"a":{"enum":["x"],"default":"y"}}}"#, "properties.a.default"),
            (#"{"required":["b"]}"#, "required"),
            (#"{"patternProperties":{"[":{}}}"#, "patternProperties.["),
        ])
    func wrongSchema(text: String, path: String) throws {
        let json = try JSONParser.parse(text.utf8)
        let error = #expect(throws: ProtocolError.self) { try ParameterSchema(json: json) }
        #expect(error?.path == path)
    }

    /// A driver's reply has up to 4 MiB, and its schema is read and checked against at each claim.
    @Test(
        "a schema whose check would take long is refused",
        arguments: [
            (.object(["properties": names(513)]), "properties"),
            (.object(["patternProperties": names(513)]), "patternProperties"),
            (.object(["required": .array((0...512).map { .string("p\($0)") })]), "required"),
            (.object(["properties": patterns(5)]), "properties.p4.pattern"),
            (["properties": ["a": ["enum": .array(Array(repeating: "x", count: 4097))]]], "properties.a.enum"),
            (
                ["properties": ["a": ["enum": [.string(String(repeating: "x", count: 1025))]]]],
                "properties.a.enum[0]"
            ),
            (["properties": longName], "properties." + String(repeating: "x", count: 254)),
            (
                .object([
                    "patternProperties": .object([
                        "a{4900}": ["pattern": "a{4900}"], "b{4900}": ["pattern": "a{4900}"], "c{4900}": [:],
                    ])
                ]),
                "patternProperties.c{4900}.pattern"
            ),
        ] as [(JSONValue, String)])
    func costlySchema(schema: JSONValue, path: String) {
        let error = #expect(throws: ProtocolError.self) { try ParameterSchema(json: schema) }
        #expect(error?.path == path)
        #expect(error?.expected.contains("at most") == true)
    }

    @Test("hundreds of faults, of a driver with hundreds of names, are reported at a length that can be read")
    func manyFaults() throws {
        let schema = try ParameterSchema(
            json: .object(["properties": Self.names(512), "patternProperties": ["^x": [:]]]))
        let wrong = Dictionary(uniqueKeysWithValues: (0..<512).map { ("unknown-parameter-\($0)", "v") })
        let error = #expect(throws: InvalidParameters.self) { try schema.validate(wrong) }
        #expect(error?.violations.count == 32)
        #expect(error?.violations.first?.message.hasSuffix("p38, p39, 473 others") == true)
    }

    @Test("as many names as Kubernetes takes parameters, and patterns of 20,000 characters, are taken")
    func largeSchema() throws {
        let schema = try ParameterSchema(json: .object(["properties": Self.names(512)]))
        #expect(schema.definitions.count == 512)
        _ = try ParameterSchema(json: .object(["properties": Self.patterns(4)]))
    }

    @Test("a value too long to be matched is refused for its length, also as a default")
    func longValue() throws {
        let schema = try ParameterSchema(json: ["properties": ["a": ["pattern": "^x*$"]]])
        #expect(throws: Never.self) { try schema.validate(["a": String(repeating: "x", count: 4096)]) }
        let error = #expect(throws: InvalidParameters.self) {
            try schema.validate(["a": String(repeating: "x", count: 4097)])
        }
        #expect(error?.description == #"parameter "a" must have at most 4096 characters"#)
        #expect(throws: ProtocolError.self) {
            try ParameterSchema(
                json: ["properties": ["a": ["pattern": "x", "default": .string(String(repeating: "x", count: 4097))]]])
        }
    }

    private static let longName = JSONValue.object(JSONObject([(String(repeating: "x", count: 254), .object([:]))]))

    private static func names(_ count: Int) -> JSONValue {
        .object(JSONObject((0..<count).map { ("p\($0)", [:]) }))
    }

    private static func patterns(_ count: Int) -> JSONValue {
        .object(JSONObject((0..<count).map { ("p\($0)", ["pattern": "^a{4998}$"]) }))
    }
}
