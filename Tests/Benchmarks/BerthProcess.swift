import Foundation
import KubernetesClient

/// A `berth serve` of this build, in a directory of its own.
final class BerthProcess: Sendable {
    let directory: String
    let config: Kubeconfig
    let pid: pid_t
    /// From the start of the process until it answered `/readyz`.
    let startUp: Duration
    private let process: Process

    /// - Throws: when it is not ready within 60 seconds; its log is in the error.
    static func start(directory: String) throws -> BerthProcess {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let drivers = """
            {"apiVersion": "berth.dev/v1", "drivers": [{"name": "hostpath", "provisioners": ["berth.dev/hostpath"],
             "exec": "\(BuiltPrograms.path("hostpath-driver"))", "mode": "resident"}]}
            """
        try drivers.write(toFile: directory + "/drivers.json", atomically: true, encoding: .utf8)
        let log = directory + "/serve.log"
        try Data().write(to: URL(fileURLWithPath: log))
        let kubeconfig = directory + "/kubeconfig"
        try? FileManager.default.removeItem(atPath: kubeconfig)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: BuiltPrograms.path("berth"))
        process.arguments = [
            "serve", "--data-dir", directory, "--listen", "127.0.0.1:0", "--drivers", directory + "/drivers.json",
            "--insecure-http",
        ]
        process.standardError = FileHandle(forWritingAtPath: log)
        process.standardOutput = FileHandle.nullDevice
        let start = ContinuousClock.now
        try process.run()
        // The kubeconfig is written when connections are accepted.
        while !FileManager.default.fileExists(atPath: kubeconfig) {
            guard process.isRunning, ContinuousClock.now - start < .seconds(60) else {
                throw BenchmarkFailure(
                    "berth serve did not start:\n\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
            }
            usleep(500)
        }
        let startUp = ContinuousClock.now - start
        return BerthProcess(
            directory: directory, config: try Kubeconfig.load(path: kubeconfig), process: process, startUp: startUp)
    }

    private init(directory: String, config: Kubeconfig, process: Process, startUp: Duration) {
        self.directory = directory
        self.config = config
        self.process = process
        self.startUp = startUp
        pid = process.processIdentifier
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Resident memory in MiB, of the server alone.
    var residentMiB: Double {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? .nan) / 1024
    }

    /// Processor time of the server and its drivers so far.
    var processorSeconds: Double {
        let children = (try? String(contentsOfFile: "/proc/\(pid)/task/\(pid)/children", encoding: .utf8)) ?? ""
        return ([String(pid)] + children.split(separator: " ").map(String.init)).reduce(0) { $0 + Self.seconds(of: $1) }
    }

    private static func seconds(of pid: String) -> Double {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let close = stat.lastIndex(of: ")")
        else { return 0 }
        // proc(5): utime and stime are the 14th and 15th fields; the name in parentheses is the 2nd.
        let fields = stat[close...].split(separator: " ")
        let ticks = [12, 13].compactMap { $0 < fields.count ? Double(fields[$0]) : nil }.reduce(0, +)
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}

struct BenchmarkFailure: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The programs of the same build: they lie beside this one.
enum BuiltPrograms {
    static func path(_ name: String) -> String {
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
    }
}
