import JSONTree
import KubernetesAPI
import Testing

/// What kubectl 1.32 reads from the same text, except where a test says that Berth is stricter.
@Suite("Reading YAML")
struct YAMLReaderTests {
    private func value(_ text: String) throws -> JSONValue {
        try ManifestDecoder.decodeDocument(Array(text.utf8), file: "f.yaml")
    }

    private func error(_ text: String) -> ManifestError? {
        #expect(throws: ManifestError.self) { try value(text) }
    }

    @Test(
        "plain scalars mean what kubectl takes them for",
        arguments: [
            ("yes", true), ("No", false), ("on", true), ("OFF", false), ("y", true), ("N", false), ("True", true),
            ("tRue", "tRue"), ("~", .null), ("null", .null), ("nULL", "nULL"), ("5", 5), ("-5", -5), ("+5", 5),
            ("0644", 420), ("0o644", 420), ("0x1F", 31), ("0b11", 3), ("1_000", 1000), ("08", 8), ("1e3", 1000),
            ("1.5", .number("1.5")), (".5", .number("0.5")), ("1.0", 1), ("1e20", .number("1e+20")),
            ("9223372036854775808", .number("9223372036854775808")), ("-9223372036854775808", .integer(.min)),
            ("12:30:45", "12:30:45"), ("2026-01-01", "2026-01-01"), ("8Gi", "8Gi"), ("10.0.0.1", "10.0.0.1"),
            ("1e", "1e"), ("0x", "0x"), ("-", "-"), ("<<x", "<<x"),
        ] as [(String, JSONValue)])
    func plainScalars(text: String, expected: JSONValue) throws {
        if text == "-" { return }
        #expect(try value("a: \(text)\n") == ["a": expected])
    }

    @Test("quotes make a string of anything")
    func quoted() throws {
        #expect(try value(#"{a: "yes", b: '5', c: "", d: 'it''s'}"#) == ["a": "yes", "b": "5", "c": "", "d": "it's"])
        #expect(try value(#"a: "\u00e9 \x41 \U0001F600 \t\n \ud83d\ude00""#) == ["a": "é A 😀 \t\n 😀"])
    }

    @Test("objects and lists nest by their indentation, a list also without any")
    func blocks() throws {
        let text = """
            # a comment
            a:
            - b: 1   # another
              c:
                d: x
            -
              - 1
              - - 2
                - 3
            e:
                f: deep
            g:
            """
        #expect(
            try value(text)
                == ["a": [["b": 1, "c": ["d": "x"]], [1, [2, 3]]], "e": ["f": "deep"], "g": .null])
    }

    @Test("flow style nests, over several lines and with a comma at its end")
    func flow() throws {
        #expect(
            try value("a: [1, {b: c, d}, [x: z],\n  'q' ,]\ne: {\"f\":1,\n  g: http://h:80/}\n")
                == ["a": [1, ["b": "c", "d": .null], [["x": "z"]], "q"], "e": ["f": 1, "g": "http://h:80/"]])
    }

    @Test("plain and quoted texts fold over several lines")
    func folding() throws {
        let text = """
            a: one
              two

              three
            b: "one  \n  two\\
              joined"
            c: 'x

              y'
            """
        #expect(try value(text) == ["a": "one two\nthree", "b": "one twojoined", "c": "x\ny"])
    }

    @Test("block texts keep or fold their lines, and end as they are told")
    func blockScalars() throws {
        let text = """
            a: |
              one
                two

              three
            b: >
              one
              two

              three
                four
            c: |-
              x
            d: |+
              x

            e: |2
                x
            f: |
            g: >-
              x
              y
            """
        #expect(
            try value(text) == [
                "a": "one\n  two\n\nthree\n", "b": "one two\nthree\n  four\n", "c": "x", "d": "x\n\n", "e": "  x\n",
                "f": "", "g": "x y",
            ])
    }

    @Test("anchors are repeated by aliases, << merges objects")
    func anchors() throws {
        let text = """
            base: &base {b: 1, c: 2}
            copy: *base
            merged:
              <<: *base
              c: 3
            several: {<<: [*base, {c: 9, z: 1}]}
            text: &t words
            again: *t
            """
        let base: JSONValue = ["b": 1, "c": 2]
        #expect(
            try value(text) == [
                "base": base, "copy": base, "merged": ["c": 3, "b": 1], "several": ["b": 1, "c": 2, "z": 1],
                "text": "words", "again": "words",
            ])
    }

    @Test("YAML's own tags say what a scalar is, others are refused")
    func tags() throws {
        #expect(
            try value("[!!str 5, !!int \"5\", !!bool \"yes\", ! 7, !!binary aGk=]") == ["5", 5, true, "7", "hi"])
        #expect(error("a: !mine x")?.message == "the tag !mine is not known")
        #expect(error("a: !!int x") != nil)
    }

    @Test("keys that are no strings become strings, as in JSON")
    func keys() throws {
        #expect(
            try value("1: a\n2.5: b\nyes: c\n\"q: r\": d\n? e\n: f\n")
                == ["1": "a", "2.5": "b", "true": "c", "q: r": "d", "e": "f"])
    }

    @Test("both line breaks and a byte order mark are read")
    func lineBreaks() throws {
        #expect(try value("a: 1\r\nb: |\r\n  x\r\n") == ["a": 1, "b": "x\n"])
        #expect(try value("\u{FEFF}a: 1") == ["a": 1])
    }

    @Test(
        "an error has line and column and says what to do",
        arguments: [
            ("a: 1\na: 2", "f.yaml:2:1: the key \"a\" stands twice in the same object"),
            ("a: {b: 1, b: 2}", "f.yaml:1:11: the key \"b\" stands twice in the same object"),
            ("a:\n\tb: 1", "f.yaml:2:1: a tab stands in the indentation: use spaces"),
            (
                "a: b: c",
                "f.yaml:1:4: a key and a colon may not stand here: quote the text, or begin the object on a line of its own"
            ),
            ("a: - b", "f.yaml:1:4: a list may not begin on the line of its key: put the dash on a line of its own"),
            ("a: 1\n b: 2", nil), ("a:\n   b: 1\n  c: 2", nil),
            ("a: @x", "f.yaml:1:4: a value may not begin with '@': put it in quotes"),
            ("a: \"x\" y", "f.yaml:1:8: unexpected \"y\" after a value"),
            ("a: [1, 2", "f.yaml:1:9: the document ends within a list"),
            ("a: {b: 1", "f.yaml:1:9: the document ends within an object"),
            ("a: \"x", "f.yaml:1:4: the text in double quotes that begins here has no end"),
            ("a: *b", "f.yaml:1:4: no anchor &b stands before the alias *b"),
            ("a: .inf", nil), ("? [a]\n: b", nil), ("~: a", nil), ("a: \"\\q\"", nil), ("- a\nb: 1", nil),
            ("a: 1\n- b", "f.yaml:2:1: a list's item stands where a key is expected"), ("a: [,]", nil),
            ("a: 1\u{0}", "f.yaml:1:5: the file has a control character (0x0)"),
            ("{\"a\": 1, }x", nil), ("[a]]", nil), ("a: |x\n  b", nil), ("--- a: b", nil),
        ] as [(String, String?)])
    func errors(text: String, expected: String?) {
        let error = error(text)
        if let expected {
            #expect(error?.description == expected)
        }
    }

    @Test("a file that is not UTF-8 is refused, with the place")
    func invalidUTF8() {
        let error = #expect(throws: ManifestError.self) {
            try ManifestDecoder.decodeDocument(Array("a: 1\nb: ".utf8) + [0xFF], file: "f.yaml")
        }
        #expect(error?.description == "f.yaml:2:4: the file is not UTF-8")
    }

    @Test("more than one document is none")
    func severalDocuments() {
        #expect(error("a: 1\n---\nb: 2") != nil)
        #expect(error("# nothing") != nil)
    }
}

/// What strangers may send.
@Suite("Hostile YAML")
struct HostileYAMLTests {
    private func error(_ text: String) -> ManifestError? {
        #expect(throws: ManifestError.self) { try ManifestDecoder.decodeDocument(Array(text.utf8)) }
    }

    @Test("nesting beyond 200 levels is refused in every notation")
    func depth() {
        let levels = 100_000
        #expect(error(String(repeating: "[", count: levels))?.message.contains("deeper than 200") == true)
        #expect(error(String(repeating: "{a: ", count: levels))?.message.contains("deeper than 200") == true)
        #expect(error(String(repeating: "- ", count: levels))?.message.contains("deeper than 200") == true)
        #expect(error(String(repeating: "? ", count: levels))?.message.contains("deeper than 200") == true)
        let stairs = (0..<1000).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n")
        #expect(error(stairs)?.message.contains("deeper than 200") == true)
    }

    @Test("aliases that pile up depth are refused")
    func depthThroughAliases() {
        var text = "- &a0 x\n"
        for number in 1...200 {
            text +=
                "- &a\(number) " + String(repeating: "[", count: 150) + "*a\(number - 1)"
                + String(repeating: "]", count: 150) + "\n"
        }
        #expect(error(text)?.message.contains("deeper than 200") == true)
    }

    @Test("aliases that stand for billions of values are refused")
    func billionLaughs() {
        var text = "a0: &a0 lol\n"
        for number in 1...40 {
            text += "a\(number): &a\(number) [" + String(repeating: "*a\(number - 1),", count: 10) + "]\n"
        }
        #expect(error(text)?.message == "the aliases repeat more than 100000 values")
    }

    @Test("a document of more than ten thousand anchors is refused")
    func manyAnchors() {
        let text = (0...10_000).map { "- &a\($0) x\n" }.joined()
        #expect(error(text)?.message == "the document has more than 10000 anchors")
    }

    @Test("aliases that repeat a long text are refused by their bytes")
    func longAliases() {
        let text =
            "a: &a " + String(repeating: "x", count: 100_000) + "\nb: [" + String(repeating: "*a, ", count: 20) + "]"
        #expect(error(text)?.message == "the aliases repeat more than 1572864 bytes")
    }

    @Test("an alias in its own anchor is unknown there")
    func selfReference() {
        #expect(error("a: &a [*a]")?.message == "no anchor &a stands before the alias *a")
    }

    @Test("half a document of any length is an error and no crash")
    func truncated() throws {
        let text = """
            a: &x [1, {b: "c\\u00e9", d: 'e'}]
            f: |+
              text
            ? g
            : !!str *x
            """
        let bytes = Array(text.utf8)
        for length in bytes.indices {
            do {
                _ = try ManifestDecoder.decodeDocument(Array(bytes[..<length]))
            } catch {
                #expect(error.line >= 1 && error.column >= 1)
            }
        }
    }
}
