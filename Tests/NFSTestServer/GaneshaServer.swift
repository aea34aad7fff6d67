import Glibc
import Synchronization
import TestSupport

/// A real NFS server, nfs-ganesha, on loopback ports of its own, for as long as the object lives. NFSv3 and NFSv4.
///
/// `/` of a server is a directory of the test's; what is in it is seen by clients under ``share(_:version:)``.
package final class GaneshaServer: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String

        package init(description: String) { self.description = description }
    }

    private static let program = "/usr/bin/ganesha.nfsd"

    /// Why tests cannot have a server here; `nil` when they can. Where everything must be tested, nothing is skipped:
    /// there the tests run and fail.
    package static let reasonToSkip: String? = {
        if let value = getenv("CI"), String(cString: value) == "true" { return nil }
        guard geteuid() == 0 else { return "nfs-ganesha must be started by root" }
        guard access(program, X_OK) == 0 else { return "nfs-ganesha is not installed: .ci/setup test" }
        guard access("/usr/bin/cc", X_OK) == 0 else { return "there is no C compiler: .ci/setup test" }
        return nil
    }()

    package let directory: String
    package var nfsPort: UInt16 { ports.nfs.number }
    package var mountPort: UInt16 { ports.mount.number }
    /// Also while the server is stopped.
    private let ports: (nfs: ReservedPort, mount: ReservedPort)
    private let process: Mutex<PipedProcess?>

    package init() throws {
        var template = Array("/tmp/berth-nfs-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(description: "mkdtemp: errno \(errno)") }
        directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        ports = (nfs: try ReservedPort(), mount: try ReservedPort())
        process = Mutex(nil)
        for name in ["rw", "ro", "state"] { mkdir("\(directory)/\(name)", 0o755) }
        try compileShim()
        try Disk.write(configuration, to: "\(directory)/ganesha.conf")
        try start()
    }

    deinit { remove() }

    package func remove() {
        stop()
        Disk.removeTree(directory)
    }

    /// A share's path as a client of that version names it: `rw` or `ro`, and what is beneath.
    package func share(_ path: String, version: String) -> String {
        version == "4" ? "/exports/\(path)" : "\(directory)/\(path)"
    }

    /// As by a power failure: at once. What the server was doing may be done or not.
    package func stop() {
        process.withLock { process in
            guard let running = process else { return }
            // The process beside it kills it.
            running.closeInput()
            _ = running.wait()
            process = nil
        }
    }

    /// Holds the server still, or lets it go on: it takes connections and answers nothing.
    package func suspend() { process.withLock { $0?.suspend() } }
    package func resume() { process.withLock { $0?.kill(SIGCONT) } }

    package func start() throws {
        let child = try PipedProcess(
            [
                Self.program, "-F", "-f", "\(directory)/ganesha.conf", "-L", "\(directory)/ganesha.log", "-p",
                "\(directory)/pid",
            ],
            environment: ["LD_PRELOAD=\(directory)/shim.so", "PATH=/usr/bin:/bin"], diesWithParent: true)
        process.withLock { $0 = child }
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while !Self.accepts(nfsPort) || !Self.accepts(mountPort) {
            guard clock.now < deadline, child.isRunning else {
                throw Failure(
                    description: "ganesha does not come up: \((try? Disk.read("\(directory)/ganesha.log")) ?? "")")
            }
            usleep(10_000)
        }
    }

    private func compileShim() throws {
        // Beside this file, wherever the package lies.
        let source = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        let compiler = try PipedProcess(
            ["/usr/bin/cc", "-shared", "-fPIC", "-o", "\(directory)/shim.so", "/\(source)/rpcbind-shim.c"],
            environment: ["PATH=/usr/bin:/bin"])
        let output = compiler.readToEnd()
        guard compiler.wait() == 0 else {
            throw Failure(description: "cc: \(String(decoding: output.errors, as: UTF8.self))")
        }
    }

    private var configuration: String {
        func export(_ number: Int, _ name: String, _ access: String) -> String {
            """
            EXPORT { Export_Id = \(number); Path = \(directory)/\(name); Pseudo = /exports/\(name); Filesystem_Id = 7.\(number);
              Tag = \(name); Protocols = 3,4; Transports = TCP; Access_Type = \(access);
              Attr_Expiration_Time = 0; Squash = No_Root_Squash; SecType = sys;
              FSAL { Name = VFS; } CLIENT { Clients = 127.0.0.1; Access_Type = \(access); } }

            """
        }
        return """
            NFS_CORE_PARAM { NFS_Protocols = 3,4; Bind_addr = 127.0.0.1; NFS_Port = \(nfsPort); MNT_Port = \(mountPort);
              Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = false; NSM_Use_Caller_Name = false; }
            NFSv4 { Graceless = true; Only_Numeric_Owners = true; RecoveryBackend = fs; RecoveryRoot = \(directory)/state;
              Minor_Versions = 0,1,2; }
            # What a test does to the directories behind the server's back is seen at once.
            MDCACHE { Dir_Chunk = 0; }
            LOG { Default_Log_Level = WARN; }
            NFS_KRB5 { Active_krb5 = false; }
            \(export(1, "rw", "RW"))\(export(2, "ro", "RO"))
            """
    }

    private static func accepts(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return sockaddr_in.loopback(port).with { connect(descriptor, $0, $1) } == 0
    }
}

/// The server that tests share which leave it in peace; each has a directory of its own in it.
package enum SharedServer {
    private static let server = Result {
        // Nothing else ends what is static.
        atexit { (try? SharedServer.get())?.remove() }
        return try GaneshaServer()
    }

    package static func get() throws -> GaneshaServer { try server.get() }
}
