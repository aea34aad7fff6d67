import DriverProtocol
import JSONTree
import StorageDriverKit

extension GCEPDDriver: VolumeExpanding {
    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume {
        let session = try await backend.session(call.request)
        return try await session.changing("volume \(call.volume.name) could not be grown") {
            let disk = try await session.requiredDisk(call.volume)
            guard let path = DiskPath(id: disk.path) else { throw DriverError(.internal, "\(disk.path) is no disk") }
            let size =
                try DiskType.named(disk.type)?.size(
                    bytes: call.capacityBytes, limit: call.volume.limitBytes, isRegional: path.isRegional)
                ?? call.capacityBytes / DiskType.bytesPerGiB
            var volume = session.volume(of: disk, call.volume.name)
            let isFileSystem = call.volume.volumeMode != "Block"
            guard size > disk.sizeGiB else { return ExpandedVolume(volume, nodeExpansionRequired: isFileSystem) }
            try await grow(disk, path, to: size, session)
            volume.capacityBytes = size * DiskType.bytesPerGiB
            return ExpandedVolume(volume, nodeExpansionRequired: isFileSystem)
        }
    }

    private func grow(_ disk: Disk, _ path: DiskPath, to size: Int64, _ session: Session) async throws {
        do throws(ComputeFailure) {
            if let iops = DiskType.named(disk.type)?.neededIOPS(at: size, has: disk.provisionedIOPS) {
                try await session.api.change(
                    .patch, path.path, "\(path.api).update", key: "\(size)",
                    query: [("paths", "sizeGb"), ("paths", "provisionedIops")],
                    body: [
                        "name": .string(disk.name), "sizeGb": .string(String(size)),
                        "provisionedIops": .string(String(iops)),
                    ])
            } else {
                try await session.api.change(
                    .post, "\(path.path)/resize", "\(path.api).resize", key: "\(size)",
                    body: ["sizeGb": .string(String(size))])
            }
        } catch {
            // An equal call's, or one's own whose reply was lost: then the size is the same already.
            if case .refused(400, _, _) = error.cause, let now = try await session.find(path), now.sizeGiB >= size {
                return
            }
            throw error
        }
    }
}

extension GCEPDDriver: VolumeModifying {
    /// Sets what a Hyperdisk is provisioned with. Google allows that every few hours only: what is so already is left.
    func modify(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let session = try await backend.session(call.request)
        return try await session.changing("volume \(call.volume.name) could not be modified") {
            let disk = try await session.requiredDisk(call.volume)
            guard let path = DiskPath(id: disk.path) else { throw DriverError(.internal, "\(disk.path) is no disk") }
            let type = DiskType.named(disk.type)
            var body: JSONValue = ["name": .string(disk.name)]
            var paths: [(name: String, value: String)] = []
            let wanted = call.request.mutableParameters
            if let iops = wanted["iops"].flatMap(Int64.init) {
                if type?.hasIOPS == false { throw Self.unsettable("iops", disk) }
                if iops != disk.provisionedIOPS {
                    body["provisionedIops"] = .string(String(iops))
                    paths.append(("paths", "provisionedIops"))
                }
            }
            if let text = wanted["throughput"] {
                if type?.hasThroughput == false { throw Self.unsettable("throughput", disk) }
                let throughput = try Throughput.mebibytes(text, field: "mutableParameters.throughput")
                if throughput != disk.provisionedThroughput {
                    body["provisionedThroughput"] = .string(String(throughput))
                    paths.append(("paths", "provisionedThroughput"))
                }
            }
            if !paths.isEmpty {
                let key = paths.map(\.value).joined(separator: ",")
                try await session.api.change(
                    .patch, path.path, "\(path.api).update", key: key, query: paths, body: body)
            }
            return session.volume(of: disk, call.volume.name)
        }
    }

    private static func unsettable(_ name: String, _ disk: Disk) -> DriverError {
        DriverError(
            .invalidArgument, "disks of the type \(disk.type) have no \(name) that can be set",
            field: "mutableParameters.\(name)")
    }
}
