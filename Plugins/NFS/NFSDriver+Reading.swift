import DriverProtocol
import StorageDriverKit

extension NFSDriver: VolumeReading {
    func get(_ call: VolumeCall) async throws -> ProvisionedVolume {
        try withVolume(call, "cannot be read", outcome: .final) { session, mark in
            _ = try session.volumeDirectory(mark)
            return mark.provisioned(in: session.export)
        }
    }
}

extension Session {
    /// - Throws: ``DriverError`` `NOT_FOUND`: the volume's directory is gone, or is no directory any more.
    func volumeDirectory(_ mark: VolumeMark) throws -> FoundFile {
        guard let parent = try parent(of: mark.path, makesMissing: false),
            let found = try files.lookUp(EntryName(mark.path.name), in: parent), found.attributes.type == .directory
        else {
            throw DriverError(
                .notFound,
                "volume \(mark.name) is on record, but \(export.path(of: mark.path)) on \(export.server) is no directory "
                    + "any more")
        }
        return found
    }
}

extension NFSDriver: VolumeListing {
    private static let defaultPage = 1000

    /// In the order of shares, and of names within each. A page's token says where it ended, so volumes that come and
    /// go between pages neither shift nor repeat the others.
    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> {
        try page(call, in: \.volumes) { session, places, name in
            guard let mark = try VolumeMarks(session: session).read(name) else { return nil }
            if let owner = call.request.owner, let theirs = mark.owner, owner != theirs { return nil }
            if let driver = mark.driver, driver != call.request.driver.name { return nil }
            return mark.provisioned(in: session.export)
        }
    }

    /// One page of what lies in one of the driver's directories, over all shares.
    func page<Element: Sendable>(
        _ call: ListCall, in directory: (Session.Places) -> FileHandle,
        _ read: (Session, Session.Places, String) throws -> Element?
    ) throws -> ListPage<Element> {
        let configuration = try DriverConfiguration(call.request)
        let exports = try listedExports(call.request, configuration)
        var (position, last) = try start(call.startingToken, among: exports)
        var seen: Set<String> = []
        for export in exports[..<position] {
            if let share = try identity(of: export, configuration) { seen.insert(share) }
        }
        let limit = min(call.maxEntries ?? Self.defaultPage, Self.defaultPage)
        var elements: [Element] = []
        while position < exports.count {
            let export = exports[position]
            let next = try sessions.withSession(
                export, configuration.credential, "the volumes in \(export) cannot be listed", outcome: .final
            ) { session -> String? in
                guard let places = try session.existingPlaces() else { return nil }
                if exports.count > 1, let share = try session.identity(), !seen.insert(share).inserted { return nil }
                var collected: [Element] = []
                var cursor = last
                while true {
                    let names = try Self.names(in: directory(places), after: cursor, limit: limit, session.files)
                    for name in names {
                        cursor = name
                        if let element = try read(session, places, name) { collected.append(element) }
                        if elements.count + collected.count == limit {
                            elements += collected
                            return name
                        }
                    }
                    guard names.count == limit else {
                        elements += collected
                        return nil
                    }
                }
            }
            if let next { return ListPage(elements, nextToken: "\(next)@\(KnownExports.name(export))") }
            position += 1
            last = nil
        }
        return ListPage(elements)
    }

    private func identity(of export: Export, _ configuration: DriverConfiguration) throws -> String? {
        try sessions.withSession(
            export, configuration.credential, "the volumes in \(export) cannot be listed", outcome: .final
        ) { try $0.identity() }
    }

    private func listedExports(
        _ request: DriverRequest, _ configuration: DriverConfiguration
    ) throws(DriverError) -> [Export] {
        var exports = try knownExports.all()
        let defaults = configuration.defaults.merging(request.parameters) { $1 }
        if defaults["server"] != nil, defaults["share"] != nil {
            for export in try ClassParameters(request.parameters, defaults: configuration.defaults).exports
            where !exports.contains(export) {
                exports.append(export)
            }
        }
        return exports
    }

    private func start(
        _ token: String?, among exports: [Export]
    ) throws(DriverError) -> (position: Int, last: String?) {
        guard let token else { return (0, nil) }
        guard let at = token.lastIndex(of: "@"),
            let position = exports.firstIndex(where: { KnownExports.name($0) == token[token.index(after: at)...] })
        else {
            throw DriverError(
                .aborted, "the list's startingToken is not one of this driver's; list from the beginning",
                field: "paging.startingToken", outcome: .final)
        }
        return (position, String(token[..<at]))
    }

    /// The names behind `last` in the order of their characters, at most `limit` of them. Keeps no more than a few times
    /// that many in memory, however many there are.
    private static func names(
        in directory: FileHandle, after last: String?, limit: Int, _ files: any FileService
    ) throws -> [String] {
        var names: [String] = []
        var position = DirectoryPosition.start
        while true {
            let page = try files.readDirectory(directory, from: position)
            for entry in page.entries {
                let name = entry.name.description
                guard !name.hasSuffix("~new"), last.map({ name > $0 }) ?? true else { continue }
                names.append(name)
                if names.count >= max(4 * limit, 1024) {
                    names.sort()
                    names.removeLast(names.count - min(names.count, limit))
                }
            }
            if page.isLast { break }
            position = page.position
        }
        names.sort()
        return Array(names.prefix(limit))
    }
}

extension NFSDriver: CapacityReporting {
    func capacity(_ request: DriverRequest) async throws -> StorageCapacity {
        let configuration = try DriverConfiguration(request)
        let exports = try ClassParameters(request.parameters, defaults: configuration.defaults).exports
        var capacity = StorageCapacity(availableBytes: 0, maximumVolumeBytes: 0)
        for export in exports {
            let space = try sessions.withSession(
                export, configuration.credential, "the room in \(export) cannot be measured", outcome: .final
            ) { try $0.files.space() }
            let available = Int64(clamping: space.availableBytes)
            capacity.availableBytes += available
            capacity.maximumVolumeBytes = max(capacity.maximumVolumeBytes ?? 0, available)
        }
        return capacity
    }
}

extension NFSDriver: StatsReporting {
    func stats(_ call: VolumeCall) async throws -> VolumeStats {
        try withVolume(call, "cannot be measured", outcome: .final) { session, mark in
            let count = try TreeCount(of: session.volumeDirectory(mark), session.files)
            let space = try session.files.space()
            // Of the volume, not of the disk beneath it: nobody should plan with more than was claimed.
            let room = Int64(clamping: space.availableBytes)
            let available = mark.capacityBytes > 0 ? min(room, max(0, mark.capacityBytes - count.bytes)) : room
            let isOverfull = mark.watchesQuota && mark.capacityBytes > 0 && count.bytes > mark.capacityBytes
            return VolumeStats(
                totalBytes: mark.capacityBytes, usedBytes: count.bytes,
                availableBytes: available, usedFiles: count.files,
                availableFiles: Int64(clamping: space.freeFiles), abnormal: isOverfull,
                message: isOverfull
                    ? "the volume holds \(count.bytes) bytes, more than its capacity of \(mark.capacityBytes), which NFS "
                        + "does not enforce; delete something, or expand the claim" : nil)
        }
    }
}

extension NFSDriver: VolumeExpanding {
    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume {
        try NameLock.hold("volume \(call.volume.name)") {
            try withVolume(call, "could not be grown", outcome: .unknown) { session, mark in
                var mark = mark
                if call.capacityBytes > mark.capacityBytes {
                    mark.capacityBytes = call.capacityBytes
                    try VolumeMarks(session: session).replace(mark)
                }
                return ExpandedVolume(mark.provisioned(in: session.export))
            }
        }
    }
}
