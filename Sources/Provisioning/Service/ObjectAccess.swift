import KubernetesAPI

/// Reads and writes of the API, all of which the cache learns from at once: the next look sees what was just written.
struct ObjectAccess: Sendable {
    let client: any ResourceClient
    let cache: ObjectCache
    let queue: WorkQueue

    /// Writes. When the object has changed or gone meanwhile nothing is written and the cache gets its true state:
    /// the caller looks again in any case.
    ///
    /// - Parameter intent: Changed in the same commit.
    /// - Returns: The object as it is stored now; `nil` when nothing was written.
    @discardableResult
    func write(
        _ write: ObjectWrite, _ intent: IntentChange? = nil, by item: WorkItem
    ) async throws -> StoredObject? {
        do {
            let result = try await client.update(
                write.kind, write.json, WriteOptions(subresource: write.subresource, isHost: true, intent: intent))
            learn(result.object, by: item)
            return result.object
        } catch let error as StatusError where error.reason == .conflict || error.reason == .notFound {
            _ = try await refresh(write.kind, write.key, knownUID: write.uid, by: item)
            return nil
        }
    }

    /// Asks the API itself.
    ///
    /// - Parameter knownUID: The object of which the cache may think that it still exists.
    func refresh(
        _ kind: ResourceKind, _ key: ObjectKey, knownUID: String? = nil, by item: WorkItem
    ) async throws -> StoredObject? {
        do {
            let object = try await client.get(kind, key)
            if let knownUID, knownUID != object.uid {
                queue.add(cache.forget(kind, key, uid: knownUID).subtracting([item]))
            }
            learn(object, by: item)
            return object
        } catch let error as StatusError where error.reason == .notFound {
            if let knownUID { queue.add(cache.forget(kind, key, uid: knownUID).subtracting([item])) }
            return nil
        }
    }

    /// Creates the PersistentVolume and removes the intent, in one commit.
    ///
    /// - Throws: `AlreadyExists` among others.
    func create(_ volume: PersistentVolume, by item: WorkItem) async throws {
        let result = try await client.create(
            .persistentVolume, volume.json, WriteOptions(isHost: true, intent: .remove(volume: volume.name)))
        learn(result.object, by: item)
    }

    /// Marks a volume as deleted, or removes it.
    func delete(_ volume: PersistentVolume, by item: WorkItem) async throws {
        do {
            switch try await client.delete(.persistentVolume, volume.key, DeleteOptions(uid: volume.uid)) {
            case .marked(let object): learn(object, by: item)
            case .removed(let object), .discarded(let object, _):
                queue.add(cache.forget(object.kind, object.key, uid: object.uid))
            }
        } catch let error as StatusError where error.reason == .notFound || error.reason == .conflict {
            _ = try await refresh(.persistentVolume, volume.key, knownUID: volume.uid, by: item)
        }
    }

    /// Changes a claim whatever its version is, as long as it is the same claim.
    func changeClaim(
        _ key: ObjectKey, uid: String, by item: WorkItem, _ change: (inout PersistentVolumeClaim) -> Void
    ) async throws {
        while var claim = cache.claim(key), claim.uid == uid {
            let before = claim
            change(&claim)
            guard claim != before else { return }
            if try await write(.claim(claim), by: item) != nil { return }
        }
    }

    /// Removes an intent whose outcome is known, and the claim's finalizer, in one commit.
    ///
    /// - Parameter change: What else changes on the claim.
    func endIntent(
        _ intent: RecordedIntent, by item: WorkItem,
        _ change: (inout PersistentVolumeClaim) -> Void = { _ in }
    ) async throws {
        let removal = IntentChange.remove(volume: intent.volumeName)
        while var claim = cache.claim(intent.claim), claim.uid == intent.claimUID {
            let before = claim
            claim.dropIntent()
            change(&claim)
            guard claim != before else { break }
            if try await write(.claim(claim), removal, by: item) != nil { return }
        }
        // The claim is gone, or has no finalizer.
        try await client.change(removal)
    }

    private func learn(_ object: StoredObject, by item: WorkItem) {
        // Whoever wrote goes on by itself; the others are told.
        queue.add(cache.learn(object).subtracting([item]))
    }
}
