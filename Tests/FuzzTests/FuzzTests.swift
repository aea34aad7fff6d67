import Foundation
import Testing

/// `make fuzz` gives the same targets to libFuzzer, which is guided by coverage and runs them for longer.
///
/// `BERTH_FUZZ_SEED` repeats the inputs of a run; `BERTH_FUZZ_SECONDS` sets how long each target runs (default 0.5);
/// `BERTH_FUZZ_TARGET` selects one target. A trap ends the process: the input that caused it is in
/// `.build/fuzz-inputs/<target>`.
@Suite("Whatever comes from outside, nothing traps", .serialized)
struct FuzzTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let seed =
        environment["BERTH_FUZZ_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
    private static let seconds = environment["BERTH_FUZZ_SECONDS"].flatMap { Double($0) } ?? 0.5
    private static let isolated = environment["BERTH_FUZZ_TARGET"]
    private static let targets = FuzzTarget.all.filter { isolated == nil || $0.name == isolated }

    @Test("every target has seeds, and takes them", arguments: targets)
    func seeds(target: FuzzTarget) async throws {
        let seeds = try SeedCorpus.seeds(of: target)
        #expect(!seeds.isEmpty)
        let record = try InputRecord(target)
        for (name, bytes) in seeds {
            try record.keep(bytes)
            await #expect(throws: Never.self, "\(target)/\(name)") { try await target.run(bytes) }
        }
    }

    @Test("random inputs and changed seeds are taken or refused", arguments: targets)
    func randomInputs(target: FuzzTarget) async throws {
        print("\(target): BERTH_FUZZ_SEED=\(Self.seed)")
        var input = RandomInput(
            seed: Self.seed, seeds: try SeedCorpus.seeds(of: target).map(\.bytes), dictionary: target.dictionary)
        let record = try InputRecord(target)
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var runs = 0
        var slowest = (duration: Duration.zero, input: [UInt8]())
        while .now < end {
            let bytes = input.next()
            try record.keep(bytes)
            let start = ContinuousClock.now
            do {
                try await target.run(bytes)
            } catch {
                let found = try record.keepFinding(bytes)
                Issue.record("\(target), BERTH_FUZZ_SEED=\(Self.seed), run \(runs), input in \(found): \(error)")
                return
            }
            let duration = ContinuousClock.now - start
            if duration > slowest.duration { slowest = (duration, bytes) }
            runs += 1
        }
        print("\(target): \(runs) runs, the slowest took \(slowest.duration)")
        if slowest.duration > .seconds(1) { print("\(target): slow: \(try record.keepFinding(slowest.input))") }
    }
}

/// Keeps the current input in a file that survives the process.
private struct InputRecord {
    private let path: String
    private let handle: FileHandle

    init(_ target: FuzzTarget) throws {
        let directory = SeedCorpus.directory.deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent(".build/fuzz-inputs")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.appendingPathComponent(target.name).path
        guard FileManager.default.createFile(atPath: path, contents: nil) else { throw CocoaError(.fileWriteUnknown) }
        handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }

    func keep(_ input: [UInt8]) throws {
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: Data(input))
    }

    /// - Returns: The file's path.
    func keepFinding(_ input: [UInt8]) throws -> String {
        let finding = path + ".found"
        try Data(input).write(to: URL(fileURLWithPath: finding))
        return finding
    }
}
