import BlockDevices
import DriverProtocol
import Glibc
import StorageDriverKit

extension HostPathDriver: VolumeReading {
    func get(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let (base, mark) = try locate(call)
        do {
            guard let found = try base.parent(of: mark.path).status(of: mark.path.name),
                found.st_mode & S_IFMT == S_IFDIR
            else { throw Self.gone(mark, base) }
        } catch let error as SystemError {
            if error.errno == ENOENT { throw Self.gone(mark, base) }
            throw error.driverError("volume \(mark.name) in \(base.path) cannot be read", outcome: .final)
        }
        return mark.provisioned(in: base.path)
    }

    private static func gone(_ mark: VolumeMark, _ base: BaseDirectory) -> DriverError {
        DriverError(
            .notFound, "volume \(mark.name) is on record, but \(base.path)/\(mark.path) is no directory any more")
    }
}

extension HostPathDriver: VolumeListing {
    private static let defaultPage = 1000

    /// In the order of base directories, and of names within each. A page's token says where it ended, so volumes that
    /// come and go between pages neither shift nor repeat the others.
    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> {
        let paths = try listedBases(call.request)
        var (path, last) = try position(call.startingToken, among: paths)
        let limit = min(call.maxEntries ?? Self.defaultPage, Self.defaultPage)
        var volumes: [ProvisionedVolume] = []
        while let current = path {
            try Task.checkCancellation()
            var isExhausted = true
            if let base = try bases.existing(current) {
                do {
                    let names = try VolumeMarks(base: base).names(after: last, limit: limit)
                    isExhausted = names.count < limit
                    for name in names {
                        last = name
                        if let volume = try read(name, in: base, of: call.request.owner) { volumes.append(volume) }
                        if volumes.count == limit {
                            return ListPage(volumes, nextToken: "\(name)@\(current)")
                        }
                    }
                } catch {
                    throw error.driverError("the volumes in \(current) cannot be listed", outcome: .final)
                }
            }
            if isExhausted {
                path = paths.firstIndex(of: current).flatMap { $0 + 1 < paths.count ? paths[$0 + 1] : nil }
                last = nil
            }
        }
        return ListPage(volumes)
    }

    private func listedBases(_ request: DriverRequest) throws -> [String] {
        let configuration = try DriverConfiguration(request)
        var paths = try configuration.home.map { home in [home] + (try knownBases(home)).filter { $0 != home } } ?? []
        if let path = request.parameters["basePath"] {
            let path = try BasePath.checked(path, field: "parameters.basePath")
            if !paths.contains(path) { paths.append(path) }
        }
        guard !paths.isEmpty else {
            throw DriverError(
                .failedPrecondition, "no base directory to list: give the driver a basePath in drivers.json")
        }
        // One that two names lead to is listed once.
        var seen: Set<[UInt64]> = []
        do {
            return try paths.filter { path in
                guard let base = try bases.existing(path) else { return true }
                let status = try base.root.status()
                return seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted
            }
        } catch let error as SystemError {
            throw error.driverError("the base directories cannot be listed", outcome: .final)
        }
    }

    private func position(
        _ token: String?, among paths: [String]
    ) throws(DriverError) -> (path: String?, last: String?) {
        guard let token else { return (paths.first, nil) }
        guard let at = token.firstIndex(of: "@"), paths.contains(String(token[token.index(after: at)...])) else {
            throw DriverError(
                .aborted, "the list's startingToken is not one of this driver's; list from the beginning",
                field: "paging.startingToken", outcome: .final)
        }
        return (String(token[token.index(after: at)...]), String(token[..<at]))
    }

    private func read(
        _ name: String, in base: BaseDirectory, of owner: String?
    ) throws(SystemError) -> ProvisionedVolume? {
        guard case .mark(let mark) = try VolumeMarks(base: base).read(name) else { return nil }
        if let owner, let theirs = mark.owner, owner != theirs { return nil }
        return mark.provisioned(in: base.path)
    }
}

extension HostPathDriver: CapacityReporting {
    func capacity(_ request: DriverRequest) async throws -> StorageCapacity {
        let parameters = try ClassParameters(request.parameters)
        let path = try DriverConfiguration(request).basePath(of: parameters)
        let base = try bases.making(path)
        do {
            let room = try base.room()
            return StorageCapacity(availableBytes: FileSystemRoom(room).availableBytes)
        } catch {
            throw error.driverError("the room in \(path) cannot be measured", outcome: .final)
        }
    }
}
