public import KubernetesAPI

extension ObjectStore {
    public func get(_ kind: ResourceKind, _ key: ObjectKey) async throws -> StoredObject {
        guard let object = try objects.find(kind, key) else { throw StatusError.notFound(kind, key.name) }
        return object
    }

    public func list(_ kind: ResourceKind, _ options: ListOptions) async throws -> ObjectList {
        let filter = try ObjectFilter(
            kind, namespace: options.namespace, labels: options.labelSelector, fields: options.fieldSelector)
        try objects.checkReadable(kind, where: filter.concerns)
        var snapshot = objects.snapshot(kind)
        var start: OrderedObjects.Index?
        if let text = options.continueToken, !text.isEmpty {
            let token = try ContinueToken(text)
            snapshot = try pages.snapshot(kind, token.revision, present: snapshot)
            start = snapshot.objects.partitionPoint { $0 > token.lastKey }
        }
        let range = filter.range(in: snapshot.objects)
        let lower = max(range.lowerBound, start ?? range.lowerBound)
        // A token of another namespace may point beyond this one.
        guard lower < range.upperBound else { return ObjectList(items: [], resourceVersion: snapshot.revision) }
        let selected = snapshot.objects[lower..<range.upperBound]
        guard let limit = options.limit, limit > 0 else {
            return ObjectList(items: selected.filter(filter.matches), resourceVersion: snapshot.revision)
        }
        return page(of: selected, filter, limit, kind, snapshot)
    }

    public func watch(_ kind: ResourceKind, _ options: WatchOptions) async throws -> WatchStream {
        try ObjectWatch(objects, kind, options).stream
    }

    private func page(
        of selected: Slice<OrderedObjects>, _ filter: ObjectFilter, _ limit: Int, _ kind: ResourceKind,
        _ snapshot: CommittedObjects.Snapshot
    ) -> ObjectList {
        var items: [StoredObject] = []
        var position = selected.startIndex
        while position < selected.endIndex, items.count < limit {
            if filter.matches(selected[position]) { items.append(selected[position]) }
            position = selected.index(after: position)
        }
        var list = ObjectList(items: items, resourceVersion: snapshot.revision)
        // As Kubernetes, a full page may be followed by an empty one when nothing further matches a selector.
        guard position < selected.endIndex, let last = items.last else { return list }
        list.continueToken = ContinueToken(revision: snapshot.revision, lastKey: last.key).text
        // Kubernetes leaves the count out when a selector makes it unknown.
        if !filter.isSelective { list.remainingItemCount = selected[position...].count }
        pages.keep(kind, snapshot)
        return list
    }
}
