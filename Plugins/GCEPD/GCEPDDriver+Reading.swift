import DriverProtocol
import JSONTree
import StorageDriverKit

extension GCEPDDriver: VolumeReading {
    func get(_ call: VolumeCall) async throws -> ProvisionedVolume {
        _ = try DiskName.ofVolume(call.volume.name, .csi)
        let session = try await backend.session(call.request)
        return try await session.reading("volume \(call.volume.name) cannot be read") {
            session.volume(of: try await session.requiredDisk(call.volume), call.volume.name)
        }
    }
}

extension Session {
    /// A disk as `get` and `list` tell of it.
    func volume(of disk: Disk, _ name: String) -> ProvisionedVolume {
        ProvisionedVolume(
            id: "\(project)/\(disk.path)", name: name, capacityBytes: disk.bytes,
            topology: disk.zones.map { [configuration.topologyKey: $0] })
    }

    /// Runs `body`, which changes nothing; its failures are final.
    func reading<Result>(_ task: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let failure as ComputeFailure {
            throw failure.error(task, isChange: false)
        }
    }

    /// Runs `body`, which changes something.
    func changing<Result>(_ task: String, _ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let failure as ComputeFailure {
            throw failure.error(task)
        }
    }
}

/// The tokens of this driver's lists: the cloud's own, behind a sign by which they are known.
enum PageToken {
    private static let prefix = "gce:"
    /// The most that the API gives at a time.
    static let largestPage = 500

    static func outgoing(_ token: String?) -> String? { token.map { prefix + $0 } }

    static func incoming(_ call: ListCall) throws(DriverError) -> String? {
        guard let token = call.startingToken else { return nil }
        guard token.hasPrefix(prefix) else { throw unknown }
        return String(token.dropFirst(prefix.count))
    }

    static var unknown: DriverError {
        DriverError(
            .aborted, "the list's startingToken is not one of this driver's; list from the beginning",
            field: "paging.startingToken", outcome: .final)
    }

    /// One page of the API's list; a token that it does not know is `ABORTED`.
    static func page(
        _ call: ListCall, _ session: Session, _ path: String, _ api: String, filter: String
    ) async throws -> JSONValue {
        let token = try incoming(call)
        do throws(ComputeFailure) {
            return try await session.api.list(
                path, api, filter: filter, maxResults: min(call.maxEntries ?? largestPage, largestPage),
                pageToken: token)
        } catch {
            if token != nil, case .refused(400, _, _) = error.cause { throw unknown }
            throw error
        }
    }
}

extension GCEPDDriver: VolumeListing {
    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> {
        let session = try await backend.session(call.request)
        return try await session.reading("the volumes cannot be listed") {
            let page = try await PageToken.page(
                call, session, "aggregated/disks", "disks.aggregatedList", filter: ResourceMark.filter(call.request))
            var volumes: [ProvisionedVolume] = []
            for json in try ComputeAPI.items(of: page, "disks", "disks.aggregatedList") {
                let disk = try Disk(json, "disks.aggregatedList")
                // Labels may have been a digest; the description is exact. What is being deleted is as good as gone.
                guard let mark = disk.mark, mark.belongs(to: call.request), disk.status != "DELETING" else { continue }
                volumes.append(session.volume(of: disk, mark.name))
            }
            return ListPage(volumes, nextToken: PageToken.outgoing(page["nextPageToken"]?.stringValue))
        }
    }
}
