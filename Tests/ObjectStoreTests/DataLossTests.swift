import Foundation
import GRDB
import KubernetesAPI
import Testing

@testable import ObjectStore

@Suite("Acknowledged writes that are missing")
struct DataLossTests {
    private static let files = ["berth.db", "berth.db-wal", "berth.db-revision"]

    /// What a process that was killed leaves: everything that it acknowledged in the last moments is in the journal.
    private func withKilledStore(_ body: (_ directory: String) async throws -> Void) async throws {
        try await withDirectory { directory in
            _ = try await StoreWriterProcess.run(directory, prefix: "a", killedAfter: 200)
            try await body(directory)
        }
    }

    private func withClosedStore(_ body: (_ directory: String) async throws -> Void) async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { try await $0.create(.configMap, .configMap("a")) }
            try await body(directory)
        }
    }

    private func content(_ directory: String) throws -> [String: Data] {
        var content: [String: Data] = [:]
        for name in Self.files {
            content[name] = FileManager.default.contents(atPath: directory + "/" + name)
        }
        return content
    }

    private func remove(_ name: String, in directory: String) throws {
        try FileManager.default.removeItem(atPath: directory + "/" + name)
    }

    /// It does not start, and leaves everything as it is; it starts when that is accepted, and from then on.
    private func expectLoss(_ directory: String, mentions words: String) async throws {
        let before = try content(directory)
        let recorded = try RevisionFile.read(directory + "/berth.db-revision")
        for _ in 0..<2 {
            do {
                try await withStore(at: directory) { _ in }
                Issue.record("the store was opened")
            } catch let error as StoreError {
                #expect(error.code == .dataLoss)
                #expect(error.message.contains(words), "\(error.message)")
                #expect(error.message.contains("--accept-data-loss"))
            }
            #expect(try content(directory) == before)
        }
        var accepting = ObjectStore.Configuration()
        accepting.acceptsDataLoss = true
        let revision = try await withStore(at: directory, accepting) { store in
            if case .record(let record) = recorded, words != "another database" {
                #expect(store.resourceVersion >= record.revision)
            }
            return try await store.create(.configMap, .configMap("after")).resourceVersion
        }
        for _ in 0..<2 {
            try await withStore(at: directory) { store in
                let object = try await store.get(.configMap, "after")
                #expect(object.resourceVersion == revision && store.resourceVersion == revision)
            }
        }
        let reasons = try withDatabase(at: directory) { db in
            try String.fetchAll(db, sql: "SELECT reason FROM data_loss")
        }
        #expect(reasons.count == 1 && reasons[0].contains(words))
    }

    @Test("a flipped bit in the journal of a killed process is noticed")
    func flippedBit() async throws {
        try await withKilledStore { directory in
            let path = directory + "/berth.db-wal"
            var journal = try Data(contentsOf: URL(fileURLWithPath: path))
            journal[journal.count / 2] ^= 0x10
            try overwrite(path, at: 0, with: [UInt8](journal))
            try await expectLoss(directory, mentions: "acknowledged commits are missing")
        }
    }

    @Test("a journal that was removed is noticed")
    func removedJournal() async throws {
        try await withKilledStore { directory in
            try remove("berth.db-wal", in: directory)
            try await expectLoss(directory, mentions: "acknowledged commits are missing")
        }
    }

    @Test("the very last commit is missed")
    func lastCommit() async throws {
        try await withClosedStore { directory in
            let before = try content(directory)
            try await withStore(at: directory) { try await $0.create(.configMap, .configMap("b")) }
            for name in ["berth.db", "berth.db-wal"] {
                try? remove(name, in: directory)
                try before[name]?.write(to: URL(fileURLWithPath: directory + "/" + name))
            }
            try await expectLoss(directory, mentions: "the last 1 of 4 acknowledged commits")
        }
    }

    @Test("a database that was removed is not taken for a new one")
    func removedDatabase() async throws {
        try await withClosedStore { directory in
            try remove("berth.db", in: directory)
            try await expectLoss(directory, mentions: "berth.db is missing")
        }
    }

    @Test("a record that was removed is missed")
    func removedRecord() async throws {
        try await withClosedStore { directory in
            try remove("berth.db-revision", in: directory)
            try await expectLoss(directory, mentions: "berth.db-revision is missing")
        }
    }

    @Test("a record that is damaged in both slots says nothing")
    func damagedRecord() async throws {
        try await withClosedStore { directory in
            for slot in 0..<2 {
                try overwrite(directory + "/berth.db-revision", at: UInt64(slot * 4096 + 20), with: [0xA5, 0xA5])
            }
            try await expectLoss(directory, mentions: "berth.db-revision is damaged")
        }
    }

    @Test("the record of another database says nothing")
    func strangersRecord() async throws {
        try await withClosedStore { directory in
            try await withClosedStore { other in
                try remove("berth.db-revision", in: directory)
                try FileManager.default.copyItem(
                    atPath: other + "/berth.db-revision", toPath: directory + "/berth.db-revision")
            }
            try await expectLoss(directory, mentions: "another database")
        }
    }

    @Test("a database that does not say how many commits it holds is not trusted")
    func damagedRevision() async throws {
        try await withClosedStore { directory in
            try withDatabase(at: directory) { try $0.execute(sql: "UPDATE revision SET commits = commits + 1") }
            try await expectLoss(directory, mentions: "how many commits it holds")
        }
    }

    @Test("a journal is not replayed over an older copy of its database")
    func olderCopy() async throws {
        try await withClosedStore { directory in
            let path = directory + "/berth.db"
            let copy = try Data(contentsOf: URL(fileURLWithPath: path))
            try await withStore(at: directory) { try await $0.create(.configMap, .configMap("b")) }
            _ = try await StoreWriterProcess.run(directory, prefix: "c", killedAfter: 50)
            try copy.write(to: URL(fileURLWithPath: path))
            let before = try content(directory)
            do {
                try await withStore(at: directory) { _ in }
                Issue.record("the store was opened")
            } catch let error as StoreError {
                #expect(error.code == .dataLoss && error.message.contains("older copy (of commit 3)"))
            }
            #expect(try content(directory) == before)
        }
    }

    @Test("nor is one that began anew while it was served")
    func olderCopyUnderLaterJournal() async throws {
        try await withClosedStore { directory in
            let copy = try Data(contentsOf: URL(fileURLWithPath: directory + "/berth.db"))
            try await withDirectory { killed in
                try await withStore(at: directory) { store in
                    let data = ["k": String(repeating: "x", count: 1_000_000)]
                    for number in 0..<20 { try await store.create(.configMap, .configMap("b-\(number)", data: data)) }
                    // What a kill would leave now; the journal has been moved into the file once.
                    for (name, bytes) in try content(directory) {
                        try bytes.write(to: URL(fileURLWithPath: killed + "/" + name))
                    }
                }
                let journal = try FileManager.default.attributesOfItem(atPath: killed + "/berth.db-wal")[.size] as? Int
                #expect((1..<16 << 20).contains(journal ?? 0), "it began anew, and holds the last objects")
                try copy.write(to: URL(fileURLWithPath: killed + "/berth.db"))
                do {
                    try await withStore(at: killed) { _ in }
                    Issue.record("the store was opened")
                } catch let error as StoreError {
                    #expect(error.code == .dataLoss && error.message.contains("older copy"), "\(error)")
                }
            }
        }
    }

    @Test("a journal that was removed before the first write takes none", arguments: [true, false])
    func removedBeforeFirstWrite(isNew: Bool) async throws {
        try await withDirectory { directory in
            if !isNew { try await withStore(at: directory) { try await $0.create(.configMap, .configMap("a")) } }
            try await withStore(at: directory) { store in
                try remove("berth.db-wal", in: directory)
                let error = try await statusError { try await store.create(.configMap, .configMap("b")) }
                #expect(error?.code == 500)
                #expect(error?.message.contains("berth.db-wal was removed or replaced") == true)
            }
        }
    }

    @Test("a record that was torn while it was written does no harm")
    func tornRecord() async throws {
        try await withClosedStore { directory in
            let path = directory + "/berth.db-revision"
            guard case .record(let record) = try RevisionFile.read(path) else {
                Issue.record("there is no record")
                return
            }
            let slot = UInt64(record.commits % 2) * 4096
            try overwrite(path, at: slot + 30, with: [UInt8](repeating: 0, count: 20))
            _ = try await withStore(at: directory) { try await $0.get(.configMap, "a") }
            guard case .record(let mended) = try RevisionFile.read(path) else {
                Issue.record("the record was not mended")
                return
            }
            #expect(mended.commits == record.commits && mended.revision == record.revision)
        }
    }

    @Test("a process that was killed between the commit and its record leaves a store that starts")
    func killedBeforeRecord() async throws {
        try await withClosedStore { directory in
            let path = directory + "/berth.db-revision"
            let before = try Data(contentsOf: URL(fileURLWithPath: path))
            try await withStore(at: directory) { try await $0.create(.configMap, .configMap("b")) }
            try before.write(to: URL(fileURLWithPath: path))
            _ = try await withStore(at: directory) { try await $0.get(.configMap, "b") }
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) != before)
        }
    }

    @Test("a start that was interrupted before the database had its name begins anew")
    func interruptedCreation() async throws {
        try await withDirectory { directory in
            let start = RevisionRecord(databaseID: RevisionRecord.randomDatabaseID(), commits: 0, revision: 0)
            try RevisionFile.create(directory + "/berth.db-revision", start)
            for _ in 0..<2 { try await withStore(at: directory) { _ in } }
        }
    }

    @Test("a database of the first schema has no record yet and gets one", arguments: [true, false])
    func firstSchema(isInterrupted: Bool) async throws {
        try await withClosedStore { directory in
            try withDatabase(at: directory) { try $0.makeFirstSchema() }
            if !isInterrupted { try remove("berth.db-revision", in: directory) }
            try await withStore(at: directory) { try await $0.create(.configMap, .configMap("b")) }
            try remove("berth.db-revision", in: directory)
            try await expectLoss(directory, mentions: "berth.db-revision is missing")
        }
    }

    @Test("nothing is acknowledged into a file that was removed while it is served", arguments: files)
    func removedWhileServed(name: String) async throws {
        try await withDirectory { directory in
            let store = try await ObjectStore.open(directory: directory, logger: .silent)
            try await store.create(.configMap, .configMap("a"))
            #expect(await store.unreadiness() == nil)
            let aside = directory + "/aside"
            try FileManager.default.moveItem(atPath: directory + "/" + name, toPath: aside)
            #expect(await store.unreadiness()?.contains("\(name) was removed or replaced") ?? false)
            // A copy of it is another file.
            try FileManager.default.copyItem(atPath: aside, toPath: directory + "/" + name)
            let error = try await statusError { try await store.create(.configMap, .configMap("b")) }
            #expect(error?.code == 500)
            #expect(error?.message.contains("\(name) was removed or replaced") ?? false)
            #expect(try await store.get(.configMap, "a").key.name == "a")
            // The file itself is as good as ever.
            try remove(name, in: directory)
            try FileManager.default.moveItem(atPath: aside, toPath: directory + "/" + name)
            #expect(await store.unreadiness() == nil)
            try await store.create(.configMap, .configMap("b"))
            try await store.close()
            _ = try await withStore(at: directory) { try await $0.get(.configMap, "b") }
        }
    }
}
