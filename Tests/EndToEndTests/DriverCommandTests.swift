import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("berth driver")
struct DriverCommandTests {
    @Test("describe tells what a driver can do, takes and has done, and who uses it")
    func describe() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory, drivers: [try SadDriver(in: directory).entry])
            try await berth.serving { served in
                let applied = try await berth.command("apply", "-f", "-", input: SadDriver.manifests)
                #expect(applied.status == 0, "\(applied.errors)")
                let text = try await berth.command("driver", "describe", "sad")
                #expect(text.status == 0, "\(text.errors)")
                let expected = [
                    #"Driver:\s+sad 0\.1, protocol 1\.0"#, #"State:\s+ready"#, #"Capabilities:\s+provision, delete"#,
                    #"Circuit breaker:\s+closed, 0 failures"#, #"Concurrency:\s+4 calls at a time; 0 run, 0 wait"#,
                    #"pool\s+fast\|slow\s+slow\s+which disks"#, #"sad\s+example\.com/sad\s+csi.*pool=fast"#,
                ]
                for pattern in expected {
                    #expect(try text.output.contains(Regex(pattern)), "\(pattern) in \(text.output)")
                }
                let json = try await berth.command("driver", "describe", "sad", "-o", "json")
                let description = try JSONParser.parse(json.output.utf8)
                #expect(description["storageClasses"]?.arrayValue?.first?["name"] == "sad")
                #expect(description.at("info", "parameters", "properties", "pool", "default") == "slow")
                let other = try await berth.command("driver", "describe", "happy")
                #expect(
                    other.status == 1
                        && other.errors.contains("the server that runs has no driver 'happy'; there are hostpath, sad"))
            }
        }
    }

    @Test("without a server the driver is asked itself, by name and by path")
    func describeAlone() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory, drivers: [try SadDriver(in: directory).entry])
            for name in ["sad", "./cured"] {
                let text = try await berth.command("driver", "describe", name)
                #expect(text.status == 0 && text.output.contains("which disks"), "\(text.errors)")
                #expect(text.output.contains("StorageClasses: not known without a server"))
            }
        }
    }

    @Test("the list shows bounds, what runs, and why and until when a driver rests")
    func list() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/mute"
            try SadDriver.write(
                """
                #!/bin/sh
                [ "$1" = init ] || exit 0
                echo '{"protocol":"1.0","status":"Success","info":{"protocolVersions":["1.0"],"name":"mute",\
                "version":"1","capabilities":["provision"]}}'
                """.replacing("\\\n", with: ""), to: path)
            let entry: JSONValue = ["name": "mute", "provisioners": ["example.com/mute"], "exec": .string(path)]
            let berth = try BerthUnderTest(directory: directory, drivers: [entry])
            try await berth.serving { served in
                var storageClass = ClaimJourneyTests.plainClass
                storageClass["provisioner"] = "example.com/mute"
                _ = try await served.client.create(.storageClass, storageClass, WriteOptions())
                for number in 0..<6 {
                    _ = try await served.client.create(
                        .persistentVolumeClaim, ClaimJourneyTests.claim("data-\(number)"), WriteOptions())
                }
                try await until("the driver rests", within: .seconds(60)) {
                    let table = try await berth.command("driver", "list", "-o", "wide")
                    return try table.output.contains(Regex(#"mute .*resting \d+s .*0/4 .*open 5/5"#))
                        && table.errors.contains("mute: 5 failures in a row without an answer, the last: driver 'mute'")
                }
                let table = try await berth.command("driver", "list")
                #expect(try table.output.contains(Regex(#"hostpath .*resident .*ready .*0/16 "#)), "\(table.output)")
            }
        }
    }

    @Test("register refuses a driver that breaks a rule, names it and the remedy, and obeys --skip-check")
    func register() async throws {
        try await withTemporaryDirectory { directory in
            let driver = try SadDriver(in: directory)
            let berth = try BerthUnderTest(directory: directory)
            let arguments = ["driver", "register", driver.path, "--name", "sad", "--provisioner", "example.com/sad"]
            let before = try String(contentsOfFile: berth.drivers, encoding: .utf8)
            let refused = try await berth.command(arguments)
            #expect(refused.status == 1)
            for part in ["R-RUN-7: ", "to mend it: ", "is not registered: mend what was found, or say --skip-check"] {
                #expect(refused.errors.contains(part), "\(part) in \(refused.errors)")
            }
            #expect(try String(contentsOfFile: berth.drivers, encoding: .utf8) == before)
            let registered = try await berth.command(arguments + ["--skip-check"])
            #expect(registered.status == 0, "\(registered.errors)")
            let again = try await berth.command(arguments + ["--skip-check"])
            #expect(again.status == 1 && again.errors.contains("sad"), "\(again.errors)")
        }
    }

    @Test("register takes a driver that keeps the rules, and makes no volume while it checks")
    func registerConformant() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let driver = ClaimJourneyTests.examples + "/drivers/directory/directory-driver"
            let registered = try await berth.command(
                "driver", "register", driver, "--name", "directory", "--provisioner", "example.com/directory")
            #expect(registered.status == 0, "\(registered.errors)")
            #expect(registered.output.contains("is registered in \(berth.drivers) for example.com/directory."))
            let volumes = directory + "/data/drivers/directory/volumes"
            let made = (try? FileManager.default.contentsOfDirectory(atPath: volumes)) ?? []
            #expect(made.isEmpty)
        }
    }

    @Test("what README registers beside what `make run` has made works at once, and is taken out")
    func registerWhileServing() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { _ in
                let examples = ClaimJourneyTests.examples
                let before = try await berth.command("apply", "-f", examples + "/quickstart.yaml", "--wait")
                #expect(before.status == 0, "\(before.errors)")
                let driver = examples + "/drivers/directory"
                let registered = try await berth.command(
                    "driver", "register", driver + "/directory-driver", "--name", "directory", "--provisioner",
                    "example.com/directory")
                #expect(registered.status == 0 && registered.errors == "", "\(registered.errors)")
                let described = try await berth.command("driver", "describe", "directory")
                #expect(described.status == 0, "\(described.errors)")
                let applied = try await berth.command(
                    "apply", "-f", driver + "/storageclass.yaml", "-f", driver + "/claim.yaml", "--wait")
                #expect(applied.status == 0 && applied.errors == "", "\(applied.errors)")
                #expect(applied.output.contains("persistentvolumeclaim/papers is Bound to "))
                let unregistered = try await berth.command("driver", "unregister", "directory")
                #expect(unregistered.status == 0, "\(unregistered.errors)")
            }
        }
    }

    @Test("register says so where the server that runs reads another drivers.json")
    func registerElsewhere() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { _ in
                let registered = try await berth.command(
                    "driver", "register", ClaimJourneyTests.examples + "/drivers/directory/directory-driver", "--name",
                    "directory", "--provisioner", "example.com/directory", "--drivers", directory + "/other.json")
                #expect(registered.status == 0)
                #expect(registered.errors.contains("Does it read another drivers.json?"), "\(registered.errors)")
            }
        }
    }

    @Test("check whose output nobody reads any more ends, and deletes what it has made")
    func checkIntoHead() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BuiltProducts.path(of: "berth")
            let driver = ClaimJourneyTests.examples + "/drivers/directory/directory-driver"
            let scratch = directory + "/tmp"
            try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
            let result = try await ChildProcess(
                executable: "/bin/bash",
                arguments: ["-c", "'\(berth)' driver check '\(driver)' | head -n 25; echo ${PIPESTATUS[0]}"],
                environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TMPDIR": scratch, "HOME": directory]
            ).run(deadline: .seconds(120))
            let lines = result.output.split(separator: "\n")
            #expect(lines.count == 26 && lines.last == "1", "\(result.output)\(result.errors)")
            #expect(!result.errors.contains("Fatal"), "\(result.errors)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch).isEmpty)
        }
    }
}
