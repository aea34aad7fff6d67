import Foundation

/// Measures this build and prints one table.
@main
struct Benchmark {
    static let usage = """
        usage: berth-bench [--only driver,claims,cloud,nfs] [--claims N] [--present N] [--volumes N] [--files N]

        --only     the parts to measure; default: all of them
        --claims   claims that are Bound and deleted; default 3000
        --present  claims that are there already; default 10000
        --volumes  volumes on the NFS server; default 2000
        --files    files of the NFS volume that is deleted; default 100000

        """

    enum Part: String, CaseIterable {
        case driver, claims, cloud, nfs
    }

    static func main() async {
        signal(SIGPIPE, SIG_IGN)
        do {
            try await run()
        } catch {
            FileHandle.standardError.write(Data("berth-bench: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run() async throws {
        let options = try options(CommandLine.arguments.dropFirst())
        let names = options["--only"]?.split(separator: ",").map(String.init)
        let parts = try names?.map { name in
            guard let part = Part(rawValue: name) else { throw BenchmarkFailure("no part is called \(name)\n\(usage)") }
            return part
        }
        func number(_ name: String, _ usual: Int) throws -> Int {
            guard let text = options[name] else { return usual }
            guard let number = Int(text), number > 0 else { throw BenchmarkFailure("\(name) \(text) is no count") }
            return number
        }
        let directory = NSTemporaryDirectory() + "berth-bench-\(getpid())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }

        var table = BenchmarkTable()
        for part in parts ?? Part.allCases {
            let rows =
                switch part {
                case .driver: try await DriverCallFigures.measure(directory: directory)
                case .claims:
                    try await ClaimFigures.measure(
                        directory: directory + "/data", claims: try number("--claims", 3000),
                        present: try number("--present", 10_000))
                case .cloud: try await CloudFigures.measure(directory: directory)
                case .nfs:
                    try await NFSFigures.measure(
                        directory: directory, volumes: try number("--volumes", 2000),
                        files: try number("--files", 100_000))
                }
            for row in rows { table.add(row) }
        }
        FileHandle.standardOutput.write(Data((table.text + "\n").utf8))
    }

    private static func options(_ arguments: ArraySlice<String>) throws -> [String: String] {
        var options: [String: String] = [:]
        var rest = arguments
        while let name = rest.popFirst() {
            guard ["--only", "--claims", "--present", "--volumes", "--files"].contains(name) else {
                throw BenchmarkFailure("\(name) is no option\n\(usage)")
            }
            guard let value = rest.popFirst() else { throw BenchmarkFailure("\(name) needs a value\n\(usage)") }
            options[name] = value
        }
        return options
    }
}
