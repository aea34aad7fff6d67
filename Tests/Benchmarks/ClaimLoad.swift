import JSONTree
import KubernetesAPI
import KubernetesClient

/// Makes claims, watches them become Bound, deletes them and watches their volumes go.
struct ClaimLoad: Sendable {
    let connection: APIConnection
    private var client: ClusterClient { ClusterClient(connection) }

    static let storageClass: JSONValue = [
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": ["name": "bench"],
        "provisioner": "berth.dev/hostpath",
    ]

    func makeClass() async throws {
        do {
            _ = try await client.create(.storageClass, Self.storageClass, WriteOptions())
        } catch let error as StatusError where error.reason == .alreadyExists {
            return
        }
    }

    /// Seconds from each create's start to its Bound being seen, and the whole time.
    func bind(_ names: [String], inFlight: Int) async throws -> (latencies: [Double], total: Duration) {
        let version = try await client.list(.persistentVolumeClaim, ListOptions(namespace: "default")).resourceVersion
        let watch = try await client.watch(
            .persistentVolumeClaim, WatchOptions(namespace: "default", resourceVersion: version))
        let start = ContinuousClock.now
        let arrivals = Arrivals(limit: inFlight)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await batch in watch {
                    for event in batch where event.change != .bookmark {
                        // Cheaper than a parse: the generator shares the machine with what it measures.
                        guard event.object.decoded().at("status", "phase") == "Bound" else { continue }
                        if await arrivals.arrived(event.object.key.name) == names.count { return }
                    }
                }
            }
            for name in names {
                group.addTask {
                    await arrivals.depart(name)
                    _ = try await client.create(.persistentVolumeClaim, Self.claim(name), WriteOptions())
                }
            }
            try await group.waitForAll()
            return (await arrivals.latencies, ContinuousClock.now - start)
        }
    }

    /// The time until the claims and their volumes are gone.
    func delete(_ names: [String], inFlight: Int) async throws -> Duration {
        let version = try await client.list(.persistentVolume, ListOptions()).resourceVersion
        let watch = try await client.watch(.persistentVolume, WatchOptions(resourceVersion: version))
        let start = ContinuousClock.now
        let arrivals = Arrivals(limit: inFlight)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for try await batch in watch {
                    for event in batch where event.change == .deleted {
                        let claim = event.object.decoded().at("spec", "claimRef", "name")?.stringValue ?? ""
                        if await arrivals.arrived(claim) == names.count { return }
                    }
                }
            }
            for name in names {
                group.addTask {
                    await arrivals.depart(name)
                    _ = try await connection.send(
                        "DELETE",
                        ResourcePath.object(.persistentVolumeClaim, ObjectKey(namespace: "default", name: name)))
                }
            }
            try await group.waitForAll()
            return ContinuousClock.now - start
        }
    }

    /// The floor of the above: one durable write each, of an object about as large.
    func makeConfigMaps(_ names: [String], inFlight: Int) async throws -> (latencies: [Double], total: Duration) {
        let start = ContinuousClock.now
        let arrivals = Arrivals(limit: inFlight)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for name in names {
                group.addTask {
                    await arrivals.depart(name)
                    let object: JSONValue = [
                        "apiVersion": "v1", "kind": "ConfigMap",
                        "metadata": ["name": .string(name), "namespace": "default"],
                        "data": ["text": .string(String(repeating: "x", count: 600))],
                    ]
                    _ = try await client.create(.configMap, object, WriteOptions())
                    _ = await arrivals.arrived(name)
                }
            }
            try await group.waitForAll()
            return (await arrivals.latencies, ContinuousClock.now - start)
        }
    }

    private static func claim(_ name: String) -> JSONValue {
        [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": .string(name), "namespace": "default"],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "storageClassName": "bench",
                "resources": ["requests": ["storage": "1Gi"]],
            ],
        ]
    }
}

/// Lets a bounded number be on the way at once, and notes how long each took.
private actor Arrivals {
    private let limit: Int
    private var departures: [String: ContinuousClock.Instant] = [:]
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var underway = 0
    private(set) var latencies: [Double] = []

    init(limit: Int) { self.limit = limit }

    func depart(_ name: String) async {
        if underway < limit {
            underway += 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        departures[name] = .now
    }

    /// Returns how many have arrived.
    func arrived(_ name: String) -> Int {
        guard let departure = departures.removeValue(forKey: name) else { return latencies.count }
        latencies.append((ContinuousClock.now - departure).seconds)
        if waiting.isEmpty { underway -= 1 } else { waiting.removeFirst().resume() }
        return latencies.count
    }
}
