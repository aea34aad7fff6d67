import DriverConformance
import Foundation
import JSONTree
import TestSupport
import Testing

@Suite("A run that is given up")
struct InterruptionTests {
    /// Tells when the suite is in the midst of it.
    private actor Progress {
        private var count = 0
        private var waiter: CheckedContinuation<Void, Never>?

        func ended() {
            count += 1
            if count == 25 { waiter?.resume() }
            if count == 25 { waiter = nil }
        }

        func wait() async {
            guard count < 25 else { return }
            await withCheckedContinuation { waiter = $0 }
        }
    }

    @Test("deletes what it has made, says so, and leaves no directory")
    func cleansUp() async throws {
        let scratch = FileManager.default.temporaryDirectory.appending(path: "interruption-\(UUID())")
        try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: scratch) }
        // Volumes outside of the suite's own directory: only the driver can remove them.
        let configuration = ConformanceConfiguration(
            executable: ShippedDriver.examples + "/directory/directory-driver",
            config: ["basePath": .string(scratch.path)], seed: 5)
        let progress = Progress()
        let report = try await withThrowingTaskGroup(of: ConformanceReport?.self) { group in
            group.addTask { try await ConformanceSuite(configuration).run { _ in await progress.ended() } }
            group.addTask {
                await progress.wait()
                return nil
            }
            var report: ConformanceReport?
            for try await result in group {
                if let result { report = result } else { group.cancelAll() }
            }
            return try #require(report)
        }
        #expect(report.isInterrupted)
        #expect(!report.isConformant)
        #expect(report.leftovers == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/.marks") == [])
        let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter { !$0.hasPrefix(".") }
        #expect(left == [])
    }
}
