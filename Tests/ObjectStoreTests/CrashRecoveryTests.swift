import Foundation
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("A start after a crash", .timeLimit(.minutes(3)))
struct CrashRecoveryTests {
    /// What a killed process leaves: the database, its journal, and the record of both.
    private static let files = ["berth.db", "berth.db-wal", "berth.db-revision"]

    @Test("a store that has seen 20,000 writes starts after each of fifty kills, whatever its journal holds")
    func fiftyKills() async throws {
        try await withDirectory { directory in
            var lines = try await StoreWriterProcess.run(directory, prefix: "long", killedAfter: 20_000)
            // Each start empties the journal, and a long one is moved into the file: killed until one is left.
            var journalBytes = 0
            for run in 0..<10 where journalBytes <= 1 << 20 {
                lines += try await StoreWriterProcess.run(directory, prefix: "more-\(run)", killedAfter: 12_000)
                journalBytes = try Data(contentsOf: URL(fileURLWithPath: directory + "/berth.db-wal")).count
            }
            try #require(journalBytes > 1 << 20)
            let writes = lines.count { $0.hasPrefix("+") || $0.hasPrefix("-") }
            #expect(writes >= 20_000)
            let names = Set(lines.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) })
                .subtracting(lines.filter { $0.hasPrefix("?") }.map { String($0.dropFirst()) })
            // Each start empties the journal, and each kill below leaves a short one: every other start gets the long
            // one back.
            let saved = directory + "/saved"
            try FileManager.default.createDirectory(atPath: saved, withIntermediateDirectories: true)
            try copy(from: directory, to: saved)
            for round in 0..<50 {
                if round % 2 == 0 { try copy(from: saved, to: directory) }
                let lines = try await StoreWriterProcess.run(directory, prefix: "r\(round)", killedAfter: 1)
                #expect(lines.first?.hasPrefix("+") ?? false, "start \(round): \(lines)")
            }
            try copy(from: saved, to: directory)
            try await withStore(at: directory) { store in
                let found = Set(try await store.list(.configMap, ListOptions()).items.map(\.key.name))
                #expect(names.subtracting(found) == [])
            }
        }
    }

    private func copy(from source: String, to target: String) throws {
        for file in Self.files {
            try? FileManager.default.removeItem(atPath: target + "/" + file)
            try FileManager.default.copyItem(atPath: source + "/" + file, toPath: target + "/" + file)
        }
    }
}
