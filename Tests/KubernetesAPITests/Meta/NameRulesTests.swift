import KubernetesAPI
import Testing

@Suite("Name rules")
struct NameRulesTests {
    private static let subdomainFault =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start "
        + "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
        + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
    private static let qualifiedFault =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
        + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

    @Test("a subdomain", arguments: ["a", "0", "a-b", "a.b", "pvc-1.example.com", String(repeating: "a", count: 253)])
    func subdomain(name: String) {
        #expect(NameRules.dns1123Subdomain(name) == [])
    }

    @Test("no subdomain", arguments: ["", "A", "a_b", "-a", "a-", "a..b", ".a", "a.", "a b", "ä", "a/b"])
    func noSubdomain(name: String) {
        #expect(NameRules.dns1123Subdomain(name) == [Self.subdomainFault])
    }

    @Test("a name may be too long and wrong at once")
    func tooLong() {
        #expect(
            NameRules.dns1123Subdomain(String(repeating: "A", count: 254))
                == ["must be no more than 253 characters", Self.subdomainFault])
    }

    @Test("a label has no dots, and says so")
    func label() {
        #expect(NameRules.dns1123Label("web-0") == [])
        #expect(NameRules.dns1123Label("a.b") == ["must not contain dots"])
        #expect(
            NameRules.dns1123Label("A") == [
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
                    + "and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for "
                    + "validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ])
        #expect(
            NameRules.dns1123Label(String(repeating: "a", count: 64)) == ["must be no more than 63 characters"])
    }

    @Test("an RFC 1035 label begins with a letter")
    func dns1035() {
        #expect(NameRules.dns1035Label("abc-1") == [])
        #expect(
            NameRules.dns1035Label("1abc") == [
                "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
                    + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used "
                    + "for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
            ])
    }

    @Test("a qualified name", arguments: ["a", "A_b.c-d", "example.com/Name", "kubernetes.io/pvc-protection"])
    func qualified(name: String) {
        #expect(NameRules.qualifiedName(name) == [])
    }

    @Test("no qualified name, part by part")
    func noQualified() {
        #expect(NameRules.qualifiedName("/a") == ["prefix part must be non-empty"])
        #expect(NameRules.qualifiedName("X/a") == ["prefix part " + Self.subdomainFault])
        #expect(
            NameRules.qualifiedName("x/") == ["name part must be non-empty", "name part " + Self.qualifiedFault])
        #expect(NameRules.qualifiedName("-a") == ["name part " + Self.qualifiedFault])
        #expect(
            NameRules.qualifiedName("a/b/c") == [
                "a qualified name " + Self.qualifiedFault
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ])
        #expect(
            NameRules.qualifiedName(String(repeating: "a", count: 64)) == [
                "name part must be no more than 63 characters"
            ])
    }

    @Test("a label's value may be empty")
    func labelValue() {
        #expect(NameRules.labelValue("") == [])
        #expect(NameRules.labelValue("My_value.1") == [])
        #expect(NameRules.labelValue("a b").count == 1)
        #expect(
            NameRules.labelValue(String(repeating: "a", count: 64)) == ["must be no more than 63 characters"])
    }

    @Test("a config key is a name of a file")
    func configKey() {
        #expect(NameRules.configKey("tls.crt") == [])
        #expect(NameRules.configKey(".dockerconfigjson") == [])
        #expect(NameRules.configKey(".") == ["must not be '.'"])
        #expect(NameRules.configKey("..") == ["must not be '..'"])
        #expect(NameRules.configKey("..a") == ["must not start with '..'"])
        #expect(
            NameRules.configKey("a/b") == [
                "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
                    + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            ])
    }
}
