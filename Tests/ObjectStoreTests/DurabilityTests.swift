import Foundation
import JSONTree
import KubernetesAPI
import TestSupport
import Testing

@testable import ObjectStore

@Suite("Durability", .timeLimit(.minutes(3)))
struct DurabilityTests {
    @Test("a store that is opened again holds the same objects and goes on counting")
    func restart() async throws {
        try await withDirectory { directory in
            let (before, revision) = try await withStore(at: directory) { store in
                for number in 0..<50 {
                    try await store.create(.configMap, .configMap("a\(number)", labels: ["n": "\(number)"]))
                }
                try await store.update(.configMap, .configMap("a7", data: ["k": "ü"]))
                try await store.create(.persistentVolumeClaim, .claim("c"))
                try await store.create(.configMap, .configMap("held", finalizers: ["x/one"]))
                try await store.delete(.configMap, "held")
                // The newest version belongs to an object that is gone.
                try await store.delete(.configMap, "a9")
                return (try await state(of: store), store.resourceVersion)
            }
            try await withStore(at: directory) { store in
                #expect(try await state(of: store) == before)
                #expect(store.resourceVersion == revision)
                let error = try await statusError {
                    try await store.watch(.configMap, WatchOptions(resourceVersion: revision - 1))
                }
                #expect(error?.reason == .expired)
                #expect(try await store.create(.configMap, .configMap("z")).resourceVersion == revision + 1)
            }
        }
    }

    @Test("a claim's size is what it takes on disk: one row, however often it is written")
    func rows() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { store in
                for _ in 0..<2 {
                    try await store.create(.configMap, .configMap("a"))
                    for value in 0..<20 { try await store.update(.configMap, .configMap("a", data: ["k": "\(value)"])) }
                    try await store.delete(.configMap, "a")
                }
            }
            let file = try DatabaseFile(path: directory + "/berth.db", newestSchema: Schema.newest)
            let loaded = try await ObjectDatabase.load(file)
            #expect(loaded.rows.values.reduce(0) { $0 + $1.count } == NamespaceRules.permanent.count)
        }
    }

    @Test("nothing that was acknowledged is lost when the process is killed")
    func killed() async throws {
        try await withDirectory { directory in
            var outcome = Outcome()
            var generator = SplitMix64(seed: UInt64(getpid()))
            for round in 0..<6 {
                let lines = Int.random(in: 1..<400, using: &generator)
                outcome.read(try await StoreWriterProcess.run(directory, prefix: "r\(round)", killedAfter: lines))
                try await withStore(at: directory) { store in
                    let names = Set(try await store.list(.configMap, ListOptions()).items.map(\.key.name))
                    #expect(outcome.present.subtracting(names) == [])
                    #expect(outcome.absent.intersection(names) == [])
                }
            }
            #expect(!outcome.present.isEmpty)
        }
    }

    @Test("on a full disk writes fail and say why, and nothing that was acknowledged is lost")
    func fullDisk() async throws {
        try await withDirectory { directory in
            try await withStore(at: directory) { _ in }
            for round in 0..<2 {
                var outcome = Outcome()
                let lines = try await StoreWriterProcess.run(
                    directory, prefix: "r\(round)", killedAfter: nil, fileLimit: 400_000)
                outcome.read(lines)
                let failure = try #require(outcome.failures.first)
                #expect(failure.contains("could not be stored and was not made"))
                try await withStore(at: directory) { store in
                    let names = Set(try await store.list(.configMap, ListOptions()).items.map(\.key.name))
                    #expect(outcome.present.subtracting(names) == [])
                    #expect(outcome.absent.intersection(names) == [])
                }
            }
        }
    }

    private func state(of store: ObjectStore) async throws -> [[UInt8]] {
        var state: [[UInt8]] = []
        for kind in ResourceKind.all {
            for object in try await store.list(kind, ListOptions()).items {
                state.append(object.encoded)
                state.append(Array("\(object.key) \(object.uid) \(object.isBeingDeleted)".utf8))
                state.append(JSONValue(object.labels).encoded)
            }
        }
        return state
    }

    /// What the killed process said of each object; what it had begun may have happened or not.
    private struct Outcome {
        var present: Set<String> = []
        var absent: Set<String> = []
        var failures: [String] = []

        mutating func read(_ lines: [String]) {
            for line in lines {
                let name = String(line.dropFirst())
                switch line.first {
                case "+": present.insert(name)
                case "?": present.remove(name)
                case "-": absent.insert(name)
                case "!": failures.append(name)
                default: Issue.record("the writer said: \(line)")
                }
            }
        }
    }
}
