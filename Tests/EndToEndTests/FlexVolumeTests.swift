import Foundation
import Glibc
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("FlexVolume drivers from the command line")
struct FlexVolumeTests {
    private static let driver = ClaimJourneyTests.examples + "/drivers/flexvolume/example.com~bind/bind"
    private static let warning = "where every user of this machine can read them"

    @Test("register asks for init, says what FlexVolume does with secrets, and list, call and check know the driver")
    func registration() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let registered = try await berth.command(
                "driver", "register", Self.driver, "--name", "example.com~bind", "--protocol", "flexvolume")
            #expect(registered.status == 0, "\(registered.errors)")
            #expect(registered.output.contains("example.com~bind is registered in"))
            #expect(registered.output.contains("It can expandvolume, mount, unmount."))
            #expect(registered.errors.contains(Self.warning))

            let listed = try await berth.command("driver", "list")
            #expect(listed.output.contains("flexvolume"))
            #expect(listed.output.contains("example.com/bind"))
            #expect(listed.errors.contains("Warning: example.com~bind: FlexVolume hands secrets"))

            let named = try await berth.command(
                "driver", "call", "example.com~bind", "getvolumename", "-f", "-",
                input: #"{"volume": {"name": "notes"}}"#)
            #expect(named.status == 0, "\(named.errors)")
            #expect(try JSONParser.parse(Array(named.output.utf8)).at("volume", "id") == "notes")

            let provision = try await berth.command(
                "driver", "call", "example.com~bind", "provision", "-f", "-", input: #"{"volume": {"name": "notes"}}"#)
            #expect(provision.status == 1)
            #expect(provision.errors.contains("does not support provision: FlexVolume has no such call"))

            let checked = try await berth.command("driver", "check", "example.com~bind", "--only", "flexvolume/init")
            #expect(checked.status == 0, "\(checked.output)")
            #expect(checked.output.contains("pass  flexvolume/init"))

            let other = try await berth.command("driver", "call", "example.com~bind", "init", "--protocol", "berth")
            #expect(other.errors.contains("is registered with the protocol flexvolume"))
        }
    }

    @Test("mount and unmount reach the driver, and a volume is at its target", .enabled(if: geteuid() == 0))
    func mount() async throws {
        try await withTemporaryDirectory { directory in
            let entry: JSONValue = [
                "name": "example.com~bind", "exec": .string(Self.driver), "protocol": "flexvolume",
                "env": ["SHARES": .string(directory)],
            ]
            let berth = try BerthUnderTest(directory: directory, drivers: [entry])
            try FileManager.default.createDirectory(atPath: directory + "/notes", withIntermediateDirectories: false)
            try Data("hello".utf8).write(to: URL(filePath: directory + "/notes/page"))
            let target = directory + "/pods/web-0/notes"
            let request: JSONValue = [
                "volume": ["name": "notes", "context": ["share": "notes"]], "target": .string(target),
                "readOnly": true, "secrets": ["password": "letMeIn-4711"],
            ]
            let text = request.prettyPrinted()
            defer { umount2(target, CInt(MNT_DETACH)) }
            for _ in 0..<2 {
                let mounted = try await berth.command(
                    "driver", "call", "example.com~bind", "mount", "-f", "-", input: text)
                #expect(mounted.status == 0, "\(mounted.errors)")
                #expect(!(mounted.output + mounted.errors).contains("letMeIn"))
                #expect(try String(contentsOfFile: target + "/page", encoding: .utf8) == "hello")
                #expect(throws: (any Error).self) { try Data().write(to: URL(filePath: target + "/new")) }
            }
            for _ in 0..<2 {
                let unmounted = try await berth.command(
                    "driver", "call", "example.com~bind", "unmount", "-f", "-", input: text)
                #expect(unmounted.status == 0, "\(unmounted.errors)")
                #expect(!FileManager.default.fileExists(atPath: target))
            }
            #expect(FileManager.default.fileExists(atPath: directory + "/notes/page"))
        }
    }

    @Test(
        "register refuses what does not answer init rightly, and says why",
        arguments: [
            ("echo usage: driver call >&2; exit 1", "printed nothing on stdout. stderr: usage: driver call"),
            ("echo ready; echo '{\"status\":\"Success\"}'", "stdout: \"ready {"),
            ("echo '{\"status\":\"Failure\",\"message\":\"jq is missing\"}'", "jq is missing"),
            (
                "echo '{\"status\":\"Success\",\"capabilities\":{\"attach\":\"false\"}}'",
                "capabilities.attach: expected"
            ),
        ])
    func refused(body: String, reason: String) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let before = try String(contentsOfFile: berth.drivers, encoding: .utf8)
            let executable = directory + "/driver"
            try Data("#!/bin/sh\n\(body)\n".utf8).write(to: URL(filePath: executable))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: executable)
            let refused = try await berth.command(
                "driver", "register", executable, "--name", "bad", "--protocol", "flexvolume")
            #expect(refused.status != 0)
            #expect(refused.errors.contains("\(executable) is not registered"))
            #expect(refused.errors.contains(reason), "\(refused.errors)")
            #expect(try String(contentsOfFile: berth.drivers, encoding: .utf8) == before)
        }
    }

    @Test("a server takes up a driver that is renamed into kubelet's directory; a class that names it gets an event")
    func discovery() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            var file = try JSONParser.parse(Array(Data(contentsOf: URL(filePath: berth.drivers))))
            file["flexVolumePluginDir"] = "exec"
            try Data(file.encoded).write(to: URL(filePath: berth.drivers))
            let folder = directory + "/exec/example.com~bind"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try await berth.serving { served in
                try FileManager.default.copyItem(atPath: Self.driver, toPath: folder + "/.bind")
                try FileManager.default.moveItem(atPath: folder + "/.bind", toPath: folder + "/bind")
                try await until("the driver is listed as ready", within: .seconds(30)) {
                    let listed = try await berth.command("driver", "list", "-o", "json")
                    let drivers = try JSONParser.parse(Array(listed.output.utf8)).arrayValue ?? []
                    return drivers.contains { $0["name"] == "example.com~bind" && $0["state"] == "ready" }
                }
                let log = try String(contentsOfFile: served.log, encoding: .utf8)
                #expect(log.contains(Self.warning))

                var storageClass = ClaimJourneyTests.plainClass
                storageClass["provisioner"] = "example.com/bind"
                storageClass["parameters"] = nil
                _ = try await served.client.create(.storageClass, storageClass, WriteOptions())
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("data"), WriteOptions())
                try await until("the claim's description says why", within: .seconds(30)) {
                    let described = try await berth.command("describe", "pvc", "data")
                    return described.output.contains("ProvisioningFailed")
                        && described.output.contains("FlexVolume has no such call")
                }

                let applied = try await berth.command(
                    "apply", "-f", ClaimJourneyTests.examples + "/drivers/flexvolume/volume.yaml", "--wait")
                #expect(applied.status == 0, "\(applied.errors)")
                #expect(applied.output.contains("persistentvolumeclaim/shared-notes is Bound to notes"))
            }
        }
    }
}
