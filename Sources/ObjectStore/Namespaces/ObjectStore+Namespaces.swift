import JSONTree
import KubernetesAPI
import Logging

extension ObjectStore {
    /// So that a large namespace's end fills commits but leaves room for others.
    private static let concurrentDeletions = 32

    func makeInitialNamespaces() async throws {
        for name in NamespaceRules.permanent where objects.object(.namespace, ObjectKey(name: name)) == nil {
            // One that cannot be read is there.
            guard !objects.unreadable(.namespace).contains(where: { $0.key.name == name }) else { continue }
            _ = try await create(.namespace, ["metadata": ["name": .string(name)]], WriteOptions())
        }
    }

    /// A namespace that waits for this object to go may be empty now.
    func noteRemovalInNamespace(_ mutation: Mutation) {
        guard case .remove(let object, _) = mutation, let namespace = object.key.namespace else { return }
        noteRemoval(inNamespace: namespace)
    }

    func noteRemoval(inNamespace namespace: String) {
        guard objects.object(.namespace, ObjectKey(name: namespace))?.isBeingDeleted ?? false else { return }
        terminations.begin(namespace)
    }

    /// Looks at each namespace that is marked; a look that failed is so made up for.
    func beginTerminations() {
        for namespace in objects.snapshot(.namespace).objects where namespace.isBeingDeleted {
            terminations.begin(namespace.key.name)
        }
    }

    func terminateNamespaces() async {
        await terminations.forEach { name in
            do {
                try await terminate(name)
            } catch is CancellationError {
                return
            } catch {
                logger.warning(
                    "a namespace could not be ended yet", metadata: ["namespace": "\(name)", "error": "\(error)"])
            }
        }
    }

    /// Deletes what is in a namespace, and when nothing is left (nothing is held by a finalizer) takes the finalizer
    /// off, so that it goes.
    private func terminate(_ name: String) async throws {
        guard objects.object(.namespace, ObjectKey(name: name))?.isBeingDeleted ?? false else { return }
        for kind in ResourceKind.all where kind.isNamespaced { try await deleteAll(kind, in: name) }
        // Only whoever knows what it was may remove what cannot be read.
        for kind in ResourceKind.all where kind.isNamespaced {
            try objects.checkReadable(kind) { $0.namespace == name }
        }
        guard !objects.hasContent(namespace: name) else { return }
        do {
            _ = try await replace(
                .namespace, ObjectKey(name: name), WriteOptions(subresource: "finalize"), isTracked: true
            ) { namespace in
                var namespace = namespace
                let others = (namespace.at("spec", "finalizers")?.arrayValue ?? [])
                    .filter { $0.stringValue != NamespaceRules.finalizer }
                namespace.set(.array(others), at: "spec", "finalizers")
                return Written(object: namespace)
            }
        } catch let error as StatusError where error.reason == .notFound {
            // Somebody removed its last finalizer at the same moment.
        }
    }

    private func deleteAll(_ kind: ResourceKind, in namespace: String) async throws {
        let snapshot = objects.snapshot(kind).objects
        let doomed = snapshot[snapshot.range(of: namespace)].filter { !$0.isBeingDeleted }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (position, object) in doomed.enumerated() {
                if position >= Self.concurrentDeletions { try await group.next() }
                group.addTask {
                    do {
                        _ = try await self.delete(kind, object.key, DeleteOptions(uid: object.uid))
                    } catch let error as StatusError where error.reason == .notFound || error.reason == .conflict {
                        // Gone, or another object by now: that one is deleted on its own account.
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
