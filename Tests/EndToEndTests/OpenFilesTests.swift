import Foundation
import Glibc
import KubernetesClient
import TestSupport
import Testing

@Suite("berth serve and its open files")
struct OpenFilesTests {
    @Test("a server that cannot open another file accepts connections again when it can")
    func exhausted() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                let config = try Kubeconfig.load(path: berth.kubeconfig)
                let port = try #require(URL(string: config.server)?.port.flatMap { UInt16(exactly: $0) })
                let before = try await served.connection.send("GET", "/readyz").code
                #expect(before == 200)
                let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(served.pid)/fd").count
                try await setFileLimit(of: served.pid, to: open + 3)
                let clients = try (0..<40).map { _ in try connect(to: port) }
                defer { for client in clients { Glibc.close(client) } }
                try await until("three connections are accepted, and the limit is reached", within: .seconds(20)) {
                    try FileManager.default.contentsOfDirectory(atPath: "/proc/\(served.pid)/fd").count >= open + 3
                }
                // A client that was there before is still answered, on the connection that it has.
                let meanwhile = try await served.connection.send("GET", "/readyz").code
                #expect(meanwhile == 200)
                try await setFileLimit(of: served.pid, to: open + 500)
                try await APIConnection.with(config) { connection in
                    let after = try await connection.send("GET", "/api/v1/namespaces").code
                    #expect(after == 200)
                }
            }
        }
    }

    /// - Parameter soft: What the process may open until it is changed again; the hard limit stays.
    private func setFileLimit(of pid: pid_t, to soft: Int) async throws {
        let result = try await ChildProcess(
            executable: "/usr/bin/prlimit", arguments: ["--pid", "\(pid)", "--nofile=\(soft):"], environment: [:]
        ).run()
        guard result.isSuccess else { throw TestFailure("prlimit: \(result)") }
    }

    /// A connection on which nothing is sent.
    private func connect(to port: UInt16) throws -> CInt {
        let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            Glibc.close(descriptor)
            throw TestFailure("connect: errno \(errno)")
        }
        return descriptor
    }
}
