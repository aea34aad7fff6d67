import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("Files that somebody else can have written")
struct TrustTests {
    /// Runs `berth serve`, which must refuse to.
    private func refusal(of berth: BerthUnderTest) async throws -> String {
        let output = try await berth.command("serve", "--listen", "127.0.0.1:0")
        #expect(output.status != 0 && !output.hasTimedOut)
        return output.errors
    }

    @Test(
        "a server does not start on files in its data directory that others can write",
        arguments: ["token", "identity", "berth.db", "tls/server.key", "calls/failed.jsonl", "tls", ""])
    func writable(file: String) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let data = directory + "/data"
            for folder in ["tls", "calls"] {
                try FileManager.default.createDirectory(
                    atPath: "\(data)/\(folder)", withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700])
            }
            let path = file.isEmpty ? data : "\(data)/\(file)"
            if !FileManager.default.fileExists(atPath: path) {
                try "planted\n".write(toFile: path, atomically: true, encoding: .utf8)
            }
            chmod(path, 0o777)
            let errors = try await refusal(of: berth)
            #expect(
                errors.contains("\(path) is not trusted: \(path) can be written by others (mode 0777)"), "\(errors)")
            #expect(!FileManager.default.fileExists(atPath: berth.kubeconfig))
        }
    }

    @Test("root does not start on a token that another user has planted", .enabled(if: geteuid() == 0))
    func planted() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let token = directory + "/data/token"
            try FileManager.default.createDirectory(atPath: directory + "/data", withIntermediateDirectories: true)
            try "planted\n".write(toFile: token, atomically: true, encoding: .utf8)
            chmod(token, 0o600)
            chown(token, 65534, 65534)
            let errors = try await refusal(of: berth)
            #expect(errors.contains("\(token) belongs to user 65534 (nobody)"), "\(errors)")
        }
    }

    @Test("a command runs no driver of a drivers.json that others can write")
    func driversFile() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            chmod(berth.drivers, 0o666)
            let output = try await berth.command("driver", "call", "hostpath", "init")
            #expect(output.status != 0)
            #expect(output.errors.contains("Run chmod go-w \(berth.drivers)"), "\(output.errors)")
        }
    }

    @Test(
        "a server goes on with the drivers that it has when others can write its drivers.json, and driver list says so")
    func whileServed() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                try await served.driverIsReady("hostpath")
                chmod(berth.drivers, 0o666)
                try await until("driver list warns of drivers.json", within: .seconds(30)) {
                    let list = try await berth.command("driver", "list")
                    return list.errors.contains("Run chmod go-w \(berth.drivers)") && list.output.contains("hostpath")
                }
                chmod(berth.drivers, 0o644)
                try await until("driver list warns no more", within: .seconds(30)) {
                    try await berth.command("driver", "list").errors.isEmpty
                }
            }
        }
    }

    @Test("root takes the drivers.json of the current directory by name only", .enabled(if: geteuid() == 0))
    func currentDirectory() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            var command = ChildProcess(
                executable: try BuiltProducts.path(of: "berth"), arguments: ["driver", "call", "hostpath", "init"],
                environment: ["BERTH_DATA_DIR": directory + "/data", "HOME": directory, "PATH": "/usr/bin:/bin"],
                workingDirectory: directory)
            let passedOver = try await command.run()
            #expect(passedOver.status != 0)
            #expect(
                passedOver.errors.contains("ignoring \(berth.drivers): root does not search the current directory"),
                "\(passedOver.errors)")
            command.arguments += ["--drivers", "drivers.json"]
            let named = try await command.run()
            #expect(named.isSuccess, "\(named.errors)")
        }
    }
}
