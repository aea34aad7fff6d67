import Foundation
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("A database file that cannot be used")
struct DatabaseFileTests {
    /// What lies in a directory: name and content of each file, but for the lock.
    private func files(_ directory: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name != "berth.lock" {
            files[name] = try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))
        }
        return files
    }

    /// Makes a store with some objects, damages it, and expects that it is refused and left as it is.
    private func expectRefusal(
        _ code: StoreError.Code, mentions words: String, _ damage: (_ path: String) throws -> Void
    ) async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { store in
                for number in 0..<100 { try await store.create(.configMap, .configMap("a\(number)")) }
            }
            try damage(directory + "/berth.db")
            let before = try files(directory)
            for _ in 0..<2 {
                do {
                    try await withStore(at: directory) { _ in }
                    Issue.record("the store was opened")
                } catch let error as StoreError {
                    #expect(error.code == code)
                    #expect(error.message.contains(directory + "/berth.db"))
                    #expect(error.message.contains(words))
                }
                #expect(try files(directory) == before)
            }
        }
    }

    @Test("text instead of a database is refused")
    func noDatabase() async throws {
        try await expectRefusal(.damaged, mentions: "no SQLite database") { path in
            try Data(String(repeating: "hello ", count: 100).utf8).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test("an empty file is refused")
    func empty() async throws {
        try await expectRefusal(.damaged, mentions: "too short") { path in
            try Data().write(to: URL(fileURLWithPath: path))
        }
    }

    @Test("a file that was cut off is refused")
    func truncated() async throws {
        try await expectRefusal(.damaged, mentions: "bytes") { path in
            let content = try Data(contentsOf: URL(fileURLWithPath: path))
            try content.prefix(content.count / 2).write(to: URL(fileURLWithPath: path))
        }
    }

    @Test("pages full of nonsense are refused")
    func overwritten() async throws {
        try await expectRefusal(.damaged, mentions: "SQLite says") { path in
            try overwrite(path, at: 4096, with: [UInt8](repeating: 0xA5, count: 8 * 4096))
        }
    }

    @Test("damage beside a journal that a killed process left is refused")
    func journal() async throws {
        try await withDirectory { directory in
            _ = try await StoreWriterProcess.run(directory, prefix: "a", killedAfter: 100)
            let path = directory + "/berth.db"
            #expect(FileManager.default.fileExists(atPath: path + "-wal"))
            try overwrite(path, at: 0, with: [UInt8](repeating: 0xA5, count: 100))
            let before = try files(directory)
            do {
                try await withStore(at: directory) { _ in }
                Issue.record("the store was opened")
            } catch let error as StoreError {
                #expect(error.code == .damaged)
            }
            #expect(try files(directory) == before)
        }
    }

    @Test("another program's database is refused")
    func foreign() async throws {
        try await expectRefusal(.foreign, mentions: "another program") { path in
            try overwrite(path, at: 68, with: [0, 0, 0, 1])
        }
    }

    @Test("a newer Berth's database is refused")
    func newer() async throws {
        try await expectRefusal(.newer, mentions: "newer Berth") { path in
            try overwrite(path, at: 60, with: [0, 0, 0, 99])
        }
    }

    @Test("a journal without its database is refused")
    func orphanedJournal() async throws {
        try await expectRefusal(.damaged, mentions: "is missing") { path in
            try FileManager.default.moveItem(atPath: path, toPath: path + "-wal")
        }
    }

    @Test("a directory that another process uses is refused, with that process's id")
    func inUse() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { _ in
                do {
                    try await withStore(at: directory) { _ in }
                    Issue.record("the store was opened")
                } catch let error as StoreError {
                    #expect(error.code == .inUse)
                    #expect(error.message.contains("process \(getpid())"))
                }
            }
            try await withStore(at: directory) { _ in }
        }
    }

    @Test("commits are synced: SQLite's synchronous is FULL, its journal a WAL")
    func synchronous() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { _ in
                let journal = directory + "/berth.db-wal"
                #expect(FileManager.default.fileExists(atPath: journal))
            }
            #expect(!FileManager.default.fileExists(atPath: directory + "/berth.db-wal"))
            let attributes = try FileManager.default.attributesOfItem(atPath: directory + "/berth.db")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }

    @Test("a directory name with a question mark, a percent sign and a space is no trouble")
    func strangeName() async throws {
        try await withDirectory { directory in
            for _ in 0..<2 { try await withStore(at: directory + "/a ?b%20#c") { _ in } }
        }
    }
}
