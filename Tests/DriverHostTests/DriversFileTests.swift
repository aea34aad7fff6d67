import DriverProtocol
import FoundationEssentials
import JSONTree
import Testing

@testable import DriverHost

@Suite("Reading drivers.json")
struct DriversFileTests {
    private func parse(_ text: String) throws -> DriversFile {
        try DriversFile(parsing: Array(text.utf8), path: "/etc/berth/drivers.json")
    }

    /// The problems of a file with these lines as its entries, from line 4 on.
    private func problems(_ entries: String) throws -> [String] {
        try parse("{\n\"apiVersion\": \"berth.dev/v1\",\n\"drivers\": [\n\(entries)\n]}").problems.map(\.description)
    }

    @Test("every field arrives")
    func allFields() throws {
        let file = try parse(
            """
            {"apiVersion": "berth.dev/v1", "drivers": [
              {"name": "nfs", "provisioners": ["a.example/nfs", "b.example/nfs"], "exec": "bin/nfs", "protocol": "berth",
               "mode": "resident", "config": {"server": "10.0.0.1"}, "env": {"A": "b"}, "concurrency": 7, "runAs": "nobody",
               "timeouts": {"provision": 600, "default": 1.5}, "sha256": "\(String(repeating: "aB", count: 32))"}
            ]}
            """)
        var entry = DriverEntry(
            name: "nfs", provisioners: ["a.example/nfs", "b.example/nfs"], executable: "/etc/berth/bin/nfs",
            mode: .resident)
        entry.config = ["server": "10.0.0.1"]
        entry.environment = ["A": "b"]
        entry.timeouts = [.provision: .seconds(600)]
        entry.defaultTimeout = .milliseconds(1500)
        entry.concurrency = 7
        entry.runAs = "nobody"
        entry.sha256 = String(repeating: "ab", count: 32)
        #expect(file.entries == [DriversFile.Entry(driver: entry, line: 2)])
        #expect(file.problems.isEmpty)
    }

    @Test("an absolute path stays as it is")
    func absolutePath() throws {
        let file = try parse(
            #"{"apiVersion":"berth.dev/v1","drivers":[{"name":"a","provisioners":["a/b"],"exec":"/opt/d"}]}"#)
        #expect(file.entries.first?.driver.executable == "/opt/d")
    }

    @Test(
        "a relative path is seen from the file, and a relative file from the current directory",
        arguments: [
            ("/etc/berth/drivers.json", "/etc/berth"), ("/drivers.json", "/"), ("drivers.json", ""),
            ("conf/drivers.json", "/conf"),
        ])
    func directory(path: String, expected: String) {
        let current = FileManager.default.currentDirectoryPath
        #expect(DriversFile.directory(of: path) == (path.hasPrefix("/") ? expected : current + expected))
    }

    @Test(
        "a file that cannot be used as a whole says where and why",
        arguments: [
            (
                "{\"apiVersion\": \"berth.dev/v1\",\n \"drivers\": [}",
                "/etc/berth/drivers.json:2: not valid JSON, column 14: unexpected '}' where a value is expected"
            ),
            (
                "[]",
                "/etc/berth/drivers.json:1: the file begins with {\"apiVersion\": \"berth.dev/v1\", \"drivers\": [ … ]}"
            ),
            (
                "{\n\"apiVersion\": \"berth.dev/v9\", \"drivers\": []}",
                "/etc/berth/drivers.json:2: the file begins with {\"apiVersion\": \"berth.dev/v1\", \"drivers\": [ … ]}"
            ),
            (
                "{\"apiVersion\": \"berth.dev/v1\"}", "/etc/berth/drivers.json:1: 'drivers' is missing, or is no array"
            ),
            (
                "{\"apiVersion\": \"berth.dev/v1\", \"drivers\": [],\n \"driver\": []}",
                "/etc/berth/drivers.json:2: the field 'driver' is not known; there are apiVersion, drivers, "
                    + "flexVolumePluginDir"
            ),
            (
                "", "/etc/berth/drivers.json:1: not valid JSON, column 1: the document ends where a value is expected"
            ),
        ])
    func unusable(text: String, message: String) throws {
        let problem = #expect(throws: DriversFileProblem.self) { _ = try parse(text) }
        #expect(problem?.description == message)
    }

    @Test(
        "'env' cannot set what makes a loader or an interpreter run other code",
        arguments: [
            "LD_PRELOAD", "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "MALLOC_TRACE", "BASH_ENV", "ENV", "BASH_FUNC_x%%",
            "IFS",
            "PYTHONPATH", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT", "NODE_OPTIONS", "JAVA_TOOL_OPTIONS", "LUA_INIT",
        ])
    func startupVariables(name: String) throws {
        let file = try parse(
            "{\"apiVersion\": \"berth.dev/v1\", \"drivers\": [{\"name\": \"x\", \"provisioners\": [\"a/b\"], "
                + "\"exec\": \"/d\",\n\"env\": {\"A\": \"b\", \"\(name)\": \"/tmp/evil\"}}]}")
        #expect(file.entries.isEmpty)
        #expect(
            file.problems.first?.description
                == "/etc/berth/drivers.json:2: driver 'x': 'env' must not set \(name), which makes a loader or an "
                + "interpreter run other code than the driver's. Remove it; if the driver needs it, register a script that "
                + "sets it and starts the driver")
    }

    @Test(
        "'env' may set what a driver reads itself",
        arguments: ["AWS_REGION", "HTTPS_PROXY", "PATH", "PYTHONUNBUFFERED", "NODE_ENV", "BERTH_SCRIPT", "LDAP_URI"])
    func ordinaryVariables(name: String) throws {
        let file = try parse(
            "{\"apiVersion\": \"berth.dev/v1\", \"drivers\": [{\"name\": \"x\", \"provisioners\": [\"a/b\"], "
                + "\"exec\": \"/d\", \"env\": {\"\(name)\": \"v\"}}]}")
        #expect(file.entries.first?.driver.environment == [name: "v"])
    }

    @Test(
        "a bad entry is reported by the line of what is wrong",
        arguments: [
            ("7", ":4: an entry of 'drivers' is an object, and this is of type number"),
            ("{}", ":4: an entry needs a 'name'"),
            (
                "{\"name\": \"-x\"}",
                ":4: driver '-x': the name \"-x\" is not allowed: it has 1 to 63 letters, digits, '.', '_', '~' or '-', and "
                    + "begins with a letter or digit"
            ),
            (
                "{\"name\": \"../x\"}",
                ":4: driver '../x': the name \"../x\" is not allowed: it has 1 to 63 letters, digits, '.', '_', '~' or '-', "
                    + "and begins with a letter or digit"
            ),
            (
                "{\"name\": \"x\"}",
                ":4: driver 'x': 'provisioners' is missing: an array of the StorageClass provisioner names that the driver "
                    + "serves"
            ),
            (
                "{\"name\": \"x\",\n\"provisioners\": []}",
                ":5: driver 'x': 'provisioners' is an array of at least one name"
            ),
            (
                "{\"name\": \"x\",\n\"provisioners\": [\"a b\"]}",
                ":5: driver 'x': the provisioner \"a b\" is no name: it has 1 to 253 letters, digits, '.', '_', '-' or '/'"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"]}",
                ":4: driver 'x': 'exec' is missing: the path of the driver's executable"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"],\n\n\"exec\": 7}",
                ":6: driver 'x': 'exec' is a string, and this is of type number"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"],\n\"exce\": \"/d\"}",
                ":5: driver 'x': the field 'exce' is not known; the fields are name, provisioners, exec, protocol, mode, "
                    + "config, env, timeouts, concurrency, runAs, sha256"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\",\n\"mode\": \"always\"}",
                ":5: driver 'x': 'mode' is \"once\" or \"resident\", and this is \"always\""
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\",\n\"concurrency\": 0}",
                ":5: driver 'x': 'concurrency' is a number from 1 to 256"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\",\n\"timeouts\": {\"create\": 3}}",
                ":5: driver 'x': 'create' is no verb; the verbs are \(Verb.all.map(\.rawValue).joined(separator: ", "))"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\",\n\"timeouts\": {\"provision\": -1}}",
                ":5: driver 'x': the timeout of 'provision' is a number of seconds up to 86400"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\",\n\"env\": {\"A=\": \"b\"}}",
                ":5: driver 'x': 'A=' cannot be a variable of the environment"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\",\n\"sha256\": \"abc\"}",
                ":5: driver 'x': 'sha256' has 64 hexadecimal digits, as sha256sum prints them"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"], \"exec\": \"/d\\u0000\"}",
                ":4: driver 'x': 'exec' holds a NUL byte"
            ),
            (
                "{\"name\": \"x\", \"provisioners\": [\"a/b\"],\n\"exec\": \"/d\",\n\"exec\": \"/e\"}",
                ":6: the key \"exec\" stands twice"
            ),
        ])
    func badEntry(entry: String, message: String) throws {
        #expect(try problems(entry) == ["/etc/berth/drivers.json" + message])
    }

    @Test("a bad entry leaves the others working")
    func othersWork() throws {
        let file = try parse(
            """
            {"apiVersion": "berth.dev/v1", "drivers": [
              {"name": "a", "provisioners": ["p/a"], "exec": "/a"},
              {"name": "b", "provisioners": ["p/b"], "exec": 3},
              {"name": "c", "provisioners": ["p/c"], "exec": "/c"}
            ]}
            """)
        #expect(file.entries.map(\.driver.name) == ["a", "c"])
        #expect(file.entries.map(\.line) == [2, 4])
        #expect(file.problems.map(\.line) == [3])
        #expect(file.problems.first?.provisioners == ["p/b"])
    }

    @Test("a name or a provisioner belongs to the entry that has it first")
    func conflicts() throws {
        let file = try parse(
            """
            {"apiVersion": "berth.dev/v1", "drivers": [
              {"name": "a", "provisioners": ["p/a"], "exec": "/a"},
              {"name": "a", "provisioners": ["p/b"], "exec": "/b"},
              {"name": "c", "provisioners": ["p/c", "p/a"], "exec": "/c"}
            ]}
            """)
        #expect(file.entries.map(\.driver.name) == ["a"])
        #expect(
            file.problems.map(\.description) == [
                "/etc/berth/drivers.json:3: driver 'a': the name is taken by the driver in line 2. Names are unique",
                "/etc/berth/drivers.json:4: driver 'c': the provisioner \"p/a\" is served by driver 'a' in line 2 already. "
                    + "Remove it from one of the two",
            ])
    }
}
