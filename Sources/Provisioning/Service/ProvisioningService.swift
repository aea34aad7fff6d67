public import DriverHost
public import KubernetesAPI
public import Logging
public import ServiceLifecycle
import Synchronization

/// The controllers of claims and volumes: binds claims to volumes, has drivers make volumes and delete them.
///
/// Its state between two steps is in the objects and the intents: it may be killed at any moment, and continues from
/// them.
public struct ProvisioningService: Service {
    private let client: any ResourceClient
    private let cache: ObjectCache
    private let queue: WorkQueue
    private let recorder: EventRecorder
    private let attempts: Attempts
    private let claims: ClaimReconciler
    private let volumes: VolumeReconciler
    private let intents: IntentReconciler
    private let drivers: DriverCalls
    private let checks: VolumeChecks?
    private let classes: ClassWatch
    private let logger: Logger
    private let progress = StartProgress()

    /// Why the controllers cannot start yet; `nil`: they work.
    public var startProblem: String? { progress.problem.withLock { $0 } }

    /// - Parameters:
    ///   - client: The embedded store, or a cluster.
    ///   - admission: What the embedded store asks about writes; it foresees what this service does from what this
    ///     service knows.
    public init(
        client: any ResourceClient, host: DriverHost, configuration: ProvisioningConfiguration,
        admission: ProvisioningAdmission? = nil, logger: Logger
    ) {
        self.client = client
        self.logger = logger
        cache = admission?.cache ?? ObjectCache()
        queue = WorkQueue(limit: configuration.concurrency)
        recorder = EventRecorder(client: client, logger: logger)
        attempts = Attempts(configuration.backoff)
        let objects = ObjectAccess(client: client, cache: cache, queue: queue)
        drivers = DriverCalls(
            host: host, client: client, queue: queue, laneWidth: configuration.callsPerProvisioner)
        claims = ClaimReconciler(
            objects: objects,
            provisioning: ClaimProvisioning(
                objects: objects, drivers: drivers, attempts: attempts, recorder: recorder),
            recorder: recorder, hostNode: configuration.nodeName)
        checks = configuration.volumeCheckInterval.map { [cache, drivers, recorder] in
            VolumeChecks(cache: cache, drivers: drivers, recorder: recorder, interval: $0, logger: logger)
        }
        volumes = VolumeReconciler(objects: objects, drivers: drivers, attempts: attempts, recorder: recorder)
        intents = IntentReconciler(
            objects: objects, drivers: drivers, attempts: attempts, recorder: recorder, logger: logger)
        classes = ClassWatch(cache: cache, host: host, recorder: recorder)
    }

    /// Works until graceful shutdown or cancellation.
    public func run() async throws {
        try await cancelWhenGracefulShutdown {
            guard let versions = try await loadUntilItWorks() else { return }
            await withDiscardingTaskGroup { group in
                for (kind, version) in versions {
                    let feed = ObjectFeed(kind: kind, client: client, cache: cache, queue: queue, logger: logger)
                    group.addTask { await feed.run(from: version) }
                }
                group.addTask { await recorder.run() }
                group.addTask { await followDrivers() }
                if let checks { group.addTask { await checks.run() } }
                group.addTask { await classes.run() }
                while let item = await queue.next() {
                    group.addTask { await work(on: item) }
                }
            }
        }
    }

    /// An API that does not answer at the start is waited for.
    ///
    /// - Returns: `nil` when the task is cancelled meanwhile.
    private func loadUntilItWorks() async throws -> [(ResourceKind, UInt64)]? {
        let backoff = BackoffSchedule(base: .milliseconds(100), cap: .seconds(10))
        var failures = 0
        while !Task.isCancelled {
            do {
                let versions = try await load()
                progress.problem.withLock { $0 = nil }
                return versions
            } catch let error as StatusError {
                failures += 1
                progress.problem.withLock { $0 = "the controllers cannot start: \(error.message)" }
                logger.error(
                    "The controllers cannot start yet: the API cannot be read", metadata: ["error": "\(error)"])
                // Ends early when the task is cancelled, and the loop with it.
                try? await Task.sleep(for: backoff.delay(afterFailures: failures, random: .random(in: 0...1)))
            } catch is CancellationError {
                return nil
            }
        }
        return nil
    }

    /// The first lists.
    ///
    /// - Returns: For each kind the version from which to watch.
    private func load() async throws -> [(ResourceKind, UInt64)] {
        var versions: [(ResourceKind, UInt64)] = []
        for kind in [ResourceKind.storageClass, .node, .pod] {
            let list = try await client.list(kind, ListOptions())
            queue.add(cache.replace(kind, by: list.items))
            versions.append((kind, list.resourceVersion))
        }
        // Volumes first: a claim that is bound must find the volume that it is bound to.
        let claims = try await client.list(.persistentVolumeClaim, ListOptions())
        let volumes = try await client.list(.persistentVolume, ListOptions())
        queue.add(cache.load(volumes: volumes.items, claims: claims.items))
        try await addIntents()
        versions.append((.persistentVolumeClaim, claims.resourceVersion))
        versions.append((.persistentVolume, volumes.resourceVersion))
        return versions
    }

    private func work(on item: WorkItem) async {
        defer {
            drivers.finish(item)
            queue.finish(item)
        }
        do {
            switch item {
            case .claim(let key): try await claims.reconcile(key)
            case .volume(let name): try await volumes.reconcile(name)
            case .intent(let volume): try await intents.reconcile(volume)
            }
            attempts.forget(.item(item))
        } catch is CancellationError {
            return
        } catch {
            let delay = attempts.note(.failed, .item(item), Attempts.Basis())
            logger.warning(
                "Work on an object failed; it is taken up again",
                metadata: ["object": "\(item)", "error": "\(error)", "after": "\(delay.roundedForPeople)"])
            queue.add(item, after: delay)
        }
    }

    /// A driver that came, or changed, is tried at once by all that wait.
    private func followDrivers() async {
        await drivers.directory.follow {
            queue.add(cache.unfinished())
            do {
                try await addIntents()
            } catch {
                logger.warning("The intents cannot be read", metadata: ["error": "\(error)"])
            }
        }
    }

    /// There are few: one for each provisioning call in progress, and those whose claim is gone.
    private func addIntents() async throws {
        queue.add(try await client.intents().map { WorkItem.intent($0.volume) })
    }
}

private final class StartProgress: Sendable {
    let problem = Mutex<String?>(nil)
}
