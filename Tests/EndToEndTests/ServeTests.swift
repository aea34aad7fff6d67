import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("berth serve")
struct ServeTests {
    @Test("SIGTERM ends it by itself though a watch is open")
    func termination() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                let watch = try await served.client.watch(.persistentVolumeClaim, WatchOptions())
                kill(served.pid, SIGTERM)
                do {
                    for try await _ in watch {}
                } catch is ClientError {
                    // The stream was cut off: as good an end as a clean one.
                }
                // How fast it is, an idle machine tells; here it must not need a second signal.
                try await until("the process is gone", within: .seconds(20)) { kill(served.pid, 0) != 0 }
            }
        }
    }

    @Test("the files with secrets are its owner's alone")
    func modes() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { _ in
                let attributes = try FileManager.default.attributesOfItem(atPath: berth.kubeconfig)
                #expect(attributes[.posixPermissions] as? Int == 0o600)
            }
        }
    }

    @Test("without the token only health and version are answered")
    func unauthorized() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { _ in
                var config = try Kubeconfig.load(path: berth.kubeconfig)
                config.token = "wrong"
                try await APIConnection.with(config) { connection in
                    for path in ["/healthz", "/readyz", "/version"] {
                        let code = try await connection.send("GET", path).code
                        #expect(code == 200)
                    }
                    let error = await #expect(throws: StatusError.self) {
                        _ = try await connection.send("GET", "/api/v1/secrets")
                    }
                    #expect(error?.code == 401)
                }
            }
        }
    }

    @Test("plain HTTP is refused on an address that is not loopback")
    func insecure() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let output = try await berth.command("serve", "--insecure-http", "--listen", "0.0.0.0:0")
            #expect(output.status != 0)
            #expect(output.errors.contains("plain HTTP is refused on '0.0.0.0'"), "\(output.errors)")
        }
    }

    @Test("a second server on the same data is refused, and names the first")
    func locked() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                let second = try await berth.command("serve", "--listen", "127.0.0.1:0")
                #expect(second.status != 0 && second.errors.contains("\(served.pid)"), "\(second.errors)")
            }
        }
    }

    @Test("a damaged database is refused by name, and not touched")
    func damaged() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let file = directory + "/data/berth.db"
            try FileManager.default.createDirectory(atPath: directory + "/data", withIntermediateDirectories: true)
            try "this is no database".write(toFile: file, atomically: true, encoding: .utf8)
            let output = try await berth.command("serve", "--listen", "127.0.0.1:0")
            #expect(output.status != 0 && output.errors.contains(file), "\(output.errors)")
            #expect(try String(contentsOfFile: file, encoding: .utf8) == "this is no database")
        }
    }
}
