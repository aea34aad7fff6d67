import JSONTree
import KubernetesAPI
import TestSupport
import Testing

@testable import ObjectStore

@Suite("Listing objects")
struct ListTests {
    @Test("objects come by namespace, then by name")
    func order() async throws {
        try await withStore { store in
            try await store.create(.namespace, .namespace("b"))
            for (namespace, name) in [("default", "z"), ("b", "x"), ("default", "a"), ("b", "y")] {
                try await store.create(.configMap, .configMap(name, namespace: namespace))
            }
            let all = try await store.list(.configMap, ListOptions())
            #expect(all.items.map(\.key.description) == ["b/x", "b/y", "default/a", "default/z"])
            #expect(all.resourceVersion == store.resourceVersion)
            let one = try await store.list(.configMap, ListOptions(namespace: "b"))
            #expect(one.items.map(\.key.name) == ["x", "y"])
        }
    }

    @Test("label and field selectors choose")
    func selectors() async throws {
        try await withStore { store in
            try await store.create(.configMap, .configMap("a", labels: ["app": "x"]))
            try await store.create(.configMap, .configMap("b", labels: ["app": "y"]))
            let byLabel = ListOptions(
                labelSelector: LabelSelector(requirements: [.isIn(key: "app", values: ["x"])]))
            #expect(try await store.list(.configMap, byLabel).items.map(\.key.name) == ["a"])
            let byField = ListOptions(
                fieldSelector: FieldSelector(requirements: [.init(field: "metadata.name", value: "b")]))
            #expect(try await store.list(.configMap, byField).items.map(\.key.name) == ["b"])
        }
    }

    @Test("one name is found in one namespace, and in all")
    func exactName() async throws {
        try await withStore { store in
            try await store.create(.namespace, .namespace("n"))
            for namespace in ["default", "n"] {
                for name in ["a", "b", "c"] {
                    try await store.create(.configMap, .configMap(name, namespace: namespace))
                }
            }
            let selector = FieldSelector(requirements: [.init(field: "metadata.name", value: "b")])
            let all = try await store.list(.configMap, ListOptions(fieldSelector: selector))
            #expect(all.items.map(\.key.description) == ["default/b", "n/b"])
            let one = try await store.list(.configMap, ListOptions(namespace: "n", fieldSelector: selector))
            #expect(one.items.map(\.key.description) == ["n/b"])
            let none = FieldSelector(requirements: selector.requirements + [.init(field: "metadata.name", value: "c")])
            #expect(try await store.list(.configMap, ListOptions(namespace: "n", fieldSelector: none)).items.isEmpty)
            let cluster = FieldSelector(requirements: [.init(field: "metadata.name", value: "n")])
            let namespaces = try await store.list(.namespace, ListOptions(fieldSelector: cluster))
            #expect(namespaces.items.map(\.key.name) == ["n"])
        }
    }

    @Test("a field that a kind cannot be selected by is a BadRequest")
    func unknownField() async throws {
        try await withStore { store in
            let selector = FieldSelector(requirements: [.init(field: "spec.color", value: "red")])
            let error = try await statusError {
                try await store.list(.pod, ListOptions(fieldSelector: selector))
            }
            #expect(error?.code == 400)
            #expect(error?.message == "field label not supported: spec.color")
        }
    }

    @Test("pages together are the whole list, each object once", arguments: [1, 3, 10, 100])
    func pages(limit: Int) async throws {
        try await withStore { store in
            for number in 10..<30 { try await store.create(.configMap, .configMap("a\(number)")) }
            var names: [String] = []
            var token: String?
            repeat {
                let page = try await store.list(.configMap, ListOptions(limit: limit, continueToken: token))
                #expect(page.items.count <= limit)
                names += page.items.map(\.key.name)
                #expect(page.remainingItemCount == (page.continueToken == nil ? nil : 20 - names.count))
                token = page.continueToken
            } while token != nil
            #expect(names == (10..<30).map { "a\($0)" })
        }
    }

    @Test("later pages show the state of the first, whatever is written in between")
    func consistentPages() async throws {
        try await withStore { store in
            for number in 0..<6 { try await store.create(.configMap, .configMap("a\(number)")) }
            let first = try await store.list(.configMap, ListOptions(limit: 2))
            try await store.delete(.configMap, "a3")
            try await store.create(.configMap, .configMap("a9"))
            try await store.update(.configMap, .configMap("a4", data: ["k": "v"]))
            let rest = try await store.list(.configMap, ListOptions(continueToken: first.continueToken))
            #expect(rest.items.map(\.key.name) == ["a2", "a3", "a4", "a5"])
            #expect(rest.items[2].decoded()["data"] == nil)
            #expect(rest.resourceVersion == first.resourceVersion)
        }
    }

    @Test("a page of a state that is gone is Expired")
    func expiredPage() async throws {
        try await withStore { store in
            for number in 0..<4 { try await store.create(.configMap, .configMap("a\(number)")) }
            let old = ContinueToken(
                revision: store.resourceVersion - 1, lastKey: ObjectKey(namespace: "default", name: "a1"))
            let error = try await statusError {
                try await store.list(.configMap, ListOptions(continueToken: old.text))
            }
            #expect(error?.code == 410)
            #expect(error?.reason == .expired)
        }
    }

    @Test("text that is no token is a BadRequest", arguments: ["x", "e30=", "!!"])
    func badToken(text: String) async throws {
        try await withStore { store in
            let error = try await statusError { try await store.list(.configMap, ListOptions(continueToken: text)) }
            #expect(error?.code == 400)
        }
    }

    @Test("events are found by the object that they are about")
    func eventsOfAnObject() async throws {
        try await withStore { store in
            for (name, about) in [("e1", "c"), ("e2", "d")] {
                try await store.create(
                    .event,
                    [
                        "metadata": ["name": .string(name), "namespace": "default"], "type": "Normal",
                        "reason": "Tested", "message": "m", "source": ["component": "test"],
                        "involvedObject": [
                            "kind": "PersistentVolumeClaim", "name": .string(about), "namespace": "default",
                        ],
                    ])
            }
            let selector = FieldSelector(requirements: [
                .init(field: "involvedObject.name", value: "c"), .init(field: "involvedObject.uid", value: ""),
                .init(field: "source", value: "test"), .init(field: "type", value: "Warning", isEqual: false),
            ])
            let found = try await store.list(.event, ListOptions(fieldSelector: selector))
            #expect(found.items.map(\.key.name) == ["e1"])
        }
    }
}

@Suite("The ordered index")
struct OrderedObjectsTests {
    private func object(_ number: Int, version: UInt64 = 0) -> StoredObject {
        StoredObject(
            kind: .configMap, key: ObjectKey(namespace: "n\(number % 7)", name: "a\(number)"), uid: "",
            resourceVersion: version, labels: [:], isBeingDeleted: false, encoded: [])
    }

    @Test("it holds what a sorted array would, after thousands of inserts, replacements and removals")
    func againstArray() {
        var generator = SplitMix64(seed: 42)
        var ordered = OrderedObjects()
        var reference: [ObjectKey: UInt64] = [:]
        for step in 0..<20_000 {
            let chosen = object(Int.random(in: 0..<3_000, using: &generator), version: UInt64(step))
            if Int.random(in: 0..<3, using: &generator) == 0 {
                ordered.remove(chosen.key)
                reference[chosen.key] = nil
            } else {
                ordered.set(chosen)
                reference[chosen.key] = UInt64(step)
            }
        }
        let expected = reference.sorted { $0.key < $1.key }
        #expect(ordered.map(\.key) == expected.map(\.key))
        #expect(ordered.map(\.resourceVersion) == expected.map(\.value))
        #expect(ordered.count == expected.count)
        let range = ordered.range(of: "n3")
        #expect(ordered[range].map(\.key) == expected.map(\.key).filter { $0.namespace == "n3" })
        #expect(ordered[range].count == expected.filter { $0.key.namespace == "n3" }.count)
    }

    @Test("the quick sort of a start puts keys in the order of keys")
    func keyOrder() {
        var generator = SplitMix64(seed: 7)
        let alphabet = ["a", "b", "-", "0", "é", "ü", "中", "\u{1F600}", "zz", "claim-"]
        for prefix in ["", "pvc-", "ü", "same-prefix-longer-than-eight"] {
            let objects = (0..<500).map { _ in
                let tail = (0..<Int.random(in: 0..<12, using: &generator)).compactMap { _ in
                    alphabet.randomElement(using: &generator)
                }
                return StoredObject(
                    kind: .configMap,
                    key: ObjectKey(
                        namespace: ["n", "m", nil].randomElement(using: &generator) ?? nil,
                        name: prefix + tail.joined()), uid: "", resourceVersion: 0, labels: [:],
                    isBeingDeleted: false, encoded: [])
            }
            #expect(objects.sortedByKey().map(\.key) == objects.map(\.key).sorted())
        }
        #expect([StoredObject]().sortedByKey().isEmpty)
    }

    @Test("it is built from sorted objects in one go")
    func built() {
        let objects = (0..<2_000).map { object($0) }.sorted { $0.key < $1.key }
        #expect(OrderedObjects(sorted: objects).map(\.key) == objects.map(\.key))
        #expect(OrderedObjects(sorted: []).isEmpty)
    }
}
