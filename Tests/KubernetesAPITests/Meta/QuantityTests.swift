import JSONTree
import KubernetesAPI
import Testing

@Suite("Quantity")
struct QuantityTests {
    @Test(
        "a quantity prints in Kubernetes' canonical form",
        arguments: [
            ("0", "0"), ("0Gi", "0"), ("1", "1"), ("1024", "1024"), ("1000", "1k"), ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"), ("1.5Gi", "1536Mi"), ("0.5Gi", "512Mi"), (".5Gi", "512Mi"), ("1500m", "1500m"),
            ("1.5", "1500m"), ("0.1", "100m"), ("1000m", "1"), ("5.0", "5"), ("1.", "1"), ("+5Gi", "5Gi"),
            ("-5Gi", "-5Gi"), ("007", "7"), ("100k", "100k"), ("1000k", "1M"), ("8G", "8G"), ("12e6", "12e6"),
            ("12e7", "120e6"), ("1E3", "1e3"), ("1E", "1E"), ("1000E", "1e21"), ("1e-3", "1e-3"), ("10n", "10n"),
            ("1000n", "1u"), ("0.1Gi", "107374182400m"), ("512Ki", "512Ki"), ("1Ki", "1Ki"), ("0.5Ki", "512"),
            ("3Ei", "3Ei"), ("18446744073709551616", "18446744073709551616"), ("1023Ki", "1023Ki"),
            ("0.0001Ki", "102400u"), ("2000000Ki", "2000000Ki"),
            ("1.0000000000000000000000000000Ei", "1Ei"),
            ("99999999999999999999999999999999999999e4", "99999999999999999999999999999999999999e4"),
        ])
    func prints(text: String, canonical: String) throws {
        #expect(try Quantity(parsing: text).description == canonical)
    }

    @Test("what it prints reads as the same value", arguments: ["1.5Gi", "0.1", "12e7", "-3k", "1000E", "0.1Gi"])
    func survivesPrinting(text: String) throws {
        let quantity = try Quantity(parsing: text)
        #expect(try Quantity(parsing: quantity.description) == quantity)
    }

    @Test(
        "a text of another form is refused in Kubernetes' words",
        arguments: [
            "", "aoeu", "1 Gi", " 1", "1 ", "1.1.1", "1+1.0M", "--1", "+", ".", "Gi", "5Gi5i", "0x10", "8KI", "8gi",
            "1KiB",
        ])
    func refusesForm(text: String) {
        #expect(throws: QuantityError.format) { try Quantity(parsing: text) }
    }

    @Test(
        "an unknown suffix is refused as one",
        arguments: ["1i", "1mi", "1EE", "3Mim", "1e", "1e+", "1e99999999999"])
    func refusesSuffix(text: String) {
        #expect(throws: QuantityError.suffix) { try Quantity(parsing: text) }
    }

    @Test("the error names the expression that a quantity must match")
    func errorText() {
        #expect(
            QuantityError.format.description
                == "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        #expect(QuantityError.suffix.description == "unable to parse quantity's suffix")
        #expect(throws: QuantityError.numeric) { try Quantity(parsing: String(repeating: "9", count: 40)) }
    }

    @Test("bytes are rounded up, and capped at 2^63-1")
    func bytes() throws {
        #expect(try Quantity(parsing: "8Gi").bytes == 8 << 30)
        #expect(try Quantity(parsing: "100m").bytes == 1)
        #expect(try Quantity(parsing: "1.5").bytes == 2)
        #expect(try Quantity(parsing: "-1.5").bytes == -2)
        #expect(try Quantity(parsing: "1e-30").bytes == 1)
        #expect(try Quantity(parsing: "0").bytes == 0)
        #expect(try Quantity(parsing: "8Ei").bytes == .max)
        #expect(try Quantity(parsing: "1e300").bytes == .max)
        #expect(try Quantity(parsing: "-1e300").bytes == .min)
        #expect(try Quantity(parsing: "1e2000000000").bytes == .max)
    }

    @Test("a binary quantity is capped at 2^63-1 when it is read")
    func cap() throws {
        #expect(try Quantity(parsing: "8Ei") == Quantity(bytes: .max))
        #expect(try Quantity(parsing: "1000000000000000Ei") == Quantity(bytes: .max))
    }

    @Test("what is finer than a nano is rounded up to one")
    func nano() throws {
        #expect(try Quantity(parsing: "0.9n").description == "1n")
        #expect(try Quantity(parsing: "1.0000000001").description == "1000000001n")
        #expect(try Quantity(parsing: "-0.1n").description == "-1n")
    }

    @Test(
        "order looks at values, not at spelling",
        arguments: [("1Gi", "1G"), ("1", "999m"), ("1e3", "999"), ("0", "-1"), ("1e30", "9Ei"), ("-1", "-1e30")])
    func order(larger: String, smaller: String) throws {
        let (large, small) = (try Quantity(parsing: larger), try Quantity(parsing: smaller))
        #expect(large > small)
        #expect(!(large < small))
    }

    @Test("equal values in different spellings are equal, and hash so")
    func equality() throws {
        let spellings = try ["1Gi", "1024Mi", "1073741824", "1073741824000m"].map { try Quantity(parsing: $0) }
        #expect(Set(spellings).count == 1)
    }

    @Test("bytes print with the largest binary suffix that is exact")
    func fromBytes() {
        #expect(Quantity(bytes: 8 << 30).description == "8Gi")
        #expect(Quantity(bytes: 1_500_000_000).description == "1500000000")
        #expect(Quantity(bytes: 1536 << 20).description == "1536Mi")
        #expect(Quantity(bytes: .max).description == "9223372036854775807")
        #expect(Quantity(bytes: 0).description == "0")
    }

    @Test("a number in JSON is a quantity too")
    func fromJSON() throws {
        #expect(try Quantity(JSONValue.integer(5)).description == "5")
        #expect(try Quantity(JSONValue.number("1.5")).description == "1500m")
        #expect(try Quantity(JSONValue.null).isZero)
        #expect(throws: QuantityError.format) { try Quantity(JSONValue.bool(true)) }
    }
}
