import JSONTree
public import KubernetesAPI

extension ObjectStore {
    public func patch(
        _ kind: ResourceKind, _ key: ObjectKey, _ patch: Patch, _ options: WriteOptions
    ) async throws -> WriteResult {
        while true {
            try Task.checkCancellation()
            if case .apply = patch, options.subresource == nil, try objects.find(kind, key) == nil {
                do {
                    return try await createByApply(kind, key, patch, options)
                } catch let error as StatusError where error.reason == .alreadyExists {
                    // Somebody else was faster: now it is a patch of that object.
                    continue
                }
            }
            do {
                return try await replace(kind, key, options, isTracked: true) { current in
                    let patched = try PatchApplication.patched(
                        current, patch, kind: kind, options: options, now: configuration.now())
                    return Written(object: patched.object, warnings: patched.warnings)
                }
            } catch let error as StatusError where error.isMissing(key) && patch.createsWhatIsMissing(options) {
                // Deleted in between: now it is a creation.
                continue
            }
        }
    }

    private func createByApply(
        _ kind: ResourceKind, _ key: ObjectKey, _ patch: Patch, _ options: WriteOptions
    ) async throws -> WriteResult {
        let patched = try PatchApplication.patched(
            nil, patch, kind: kind, options: options, now: configuration.now())
        var object = patched.object
        if object.at("metadata", "name") == nil { object.set(.string(key.name), at: "metadata", "name") }
        if let namespace = key.namespace, object.at("metadata", "namespace") == nil {
            object.set(.string(namespace), at: "metadata", "namespace")
        }
        guard ObjectKey(kind, object) == key else {
            throw StatusError.badRequest(
                "the name of the object (\(ObjectKey(kind, object))) does not match the name on the URL (\(key))")
        }
        var result = try await create(
            kind, Written(object: object, warnings: patched.warnings), options, isTracked: true)
        result.isCreated = true
        return result
    }
}

extension Patch {
    fileprivate func createsWhatIsMissing(_ options: WriteOptions) -> Bool {
        if case .apply = self { options.subresource == nil } else { false }
    }
}

extension StatusError {
    fileprivate func isMissing(_ key: ObjectKey) -> Bool { reason == .notFound && name == key.name }
}
