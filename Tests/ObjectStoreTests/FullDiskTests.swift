import Foundation
import KubernetesAPI
import TestSupport
import Testing

@testable import ObjectStore

@Suite(
    "A full disk", .enabled(if: SmallFilesystem.unavailability == nil, "\(SmallFilesystem.unavailability ?? "")"),
    .timeLimit(.minutes(2)))
struct FullDiskTests {
    private struct DiskNeverFull: Error {}

    /// Creates ConfigMaps of 50 kB until that fails.
    ///
    /// - Returns: Those that were acknowledged, and what was said of the one that was not.
    private func fill(_ store: ObjectStore, prefix: String) async throws -> (Set<String>, StatusError) {
        var names: Set<String> = []
        let text = String(repeating: "x", count: 50_000)
        for number in 0..<500 {
            let name = "\(prefix)-\(number)"
            let error = try await statusError {
                try await store.create(.configMap, .configMap(name, data: ["text": text]))
            }
            if let error { return (names, error) }
            names.insert(name)
        }
        throw DiskNeverFull()
    }

    @Test("writes fail and say so until there is room, and then work again by themselves")
    func recovery() async throws {
        try await SmallFilesystem.with(bytes: 6 << 20) { directory in
            try SmallFilesystem.occupy(3 << 20, in: directory)
            let names = try await withStore(at: directory) { store in
                let (names, error) = try await fill(store, prefix: "a")
                #expect(error.code == 500)
                let words = "was not made: disk full: no space left for \(directory)/berth.db"
                #expect(error.message.contains(words), "\(error.message)")
                #expect(await store.unreadiness()?.contains("disk full") ?? false)
                // A reader notices nothing.
                let found = Set(try await store.list(.configMap, ListOptions()).items.map(\.key.name))
                #expect(found == names)
                try SmallFilesystem.release(in: directory)
                #expect(await store.unreadiness() == nil)
                try await store.create(.configMap, .configMap("after"))
                return names.union(["after"])
            }
            let found = try await withStore(at: directory) { try await $0.list(.configMap, ListOptions()) }
            #expect(Set(found.items.map(\.key.name)) == names)
        }
    }

    @Test("nobody has to ask: the store tries by itself")
    func timer() async throws {
        try await SmallFilesystem.with(bytes: 6 << 20) { directory in
            try SmallFilesystem.occupy(3 << 20, in: directory)
            try await withStore(at: directory) { store in
                _ = try await fill(store, prefix: "a")
                try SmallFilesystem.release(in: directory)
                // The first round of the loop comes at once.
                try await running(store) {
                    while store.lastFailure != nil { await Task.yield() }
                }
            }
        }
    }

    @Test("a start after a crash says so, too, and works when there is room")
    func start() async throws {
        try await SmallFilesystem.with(bytes: 2 << 20) { directory in
            try SmallFilesystem.occupy(1 << 20, in: directory)
            // Ends with the first write that fails, and leaves its journal.
            let lines = try await StoreWriterProcess.run(directory, prefix: "a", killedAfter: nil)
            #expect(lines.contains { $0.hasPrefix("!") && $0.contains("disk full") })
            // Not even a page is left.
            try Data().write(to: URL(fileURLWithPath: directory + "/rest"))
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: directory + "/rest"))
            while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
            try handle.close()
            do {
                try await withStore(at: directory) { _ in }
                Issue.record("the store was opened")
            } catch let error as StoreError {
                #expect(error.code == .inaccessible && error.message.contains("disk full"), "\(error.message)")
            }
            try SmallFilesystem.release(in: directory)
            let found = try await withStore(at: directory) { try await $0.list(.configMap, ListOptions()) }
            let names = Set(lines.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) })
                .subtracting(lines.filter { $0.hasPrefix("?") }.map { String($0.dropFirst()) })
            #expect(names.subtracting(found.items.map(\.key.name)) == [])
        }
    }
}
