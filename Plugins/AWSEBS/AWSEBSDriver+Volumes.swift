import DriverProtocol
import StorageDriverKit

extension AWSEBSDriver: VolumeReading, VolumeListing, VolumeExpanding, VolumeModifying {
    func get(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let ec2 = try await accounts.ec2(for: call.request)
        let volume = try await failing("volume \(call.volume.name) could not be read") {
            try await VolumeLookup(ec2: ec2).existing(call.volume, owner: call.request.owner)
        }
        return Self.described(volume, name: call.volume.name)
    }

    func list(_ call: ListCall) async throws -> ListPage<ProvisionedVolume> {
        let ec2 = try await accounts.ec2(for: call.request)
        let page = try await PagedList(call: call, what: "the volumes").page(id: \.id) { token, maximum in
            let page = try await ec2.volumePage(tagged: Self.ownerTags(call.request), token: token, maximum: maximum)
            return (page.volumes, page.nextToken)
        }
        let own = page.entries.filter { $0.tags[Tags.volume] != nil && $0.tags[Tags.owner] == call.request.owner }
        return ListPage(own.map { Self.described($0, name: nil) }, nextToken: page.nextToken)
    }

    func expandVolume(_ call: VolumeCall) async throws -> ExpandedVolume {
        let ec2 = try await accounts.ec2(for: call.request)
        let task = "volume \(call.volume.name) could not be expanded"
        let volume = try await failing(task) {
            let volume = try await VolumeLookup(ec2: ec2).existing(call.volume, owner: call.request.owner)
            let sizeGiB = call.capacityBytes / VolumeSpecification.gibibyte
            if let most = ec2.account.configuration.volumeTypes[volume.type]?.maximumGiB, sizeGiB > most {
                throw VolumeSpecification.outOfRange(
                    "\(task): a volume of the type \(volume.type) has at most \(most) GiB")
            }
            let target = VolumeModification.Target(
                sizeGiB: sizeGiB, iops: try Self.iops(of: volume, grownTo: sizeGiB, call, ec2))
            return try await VolumeModification(ec2: ec2, task: task).apply(target, to: volume)
        }
        return ExpandedVolume(
            Self.described(volume, name: call.volume.name),
            nodeExpansionRequired: call.volume.volumeMode != "Block")
    }

    func modify(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let ec2 = try await accounts.ec2(for: call.request)
        let task = "volume \(call.volume.name) could not be modified"
        let volume = try await failing(task) {
            let volume = try await VolumeLookup(ec2: ec2).existing(call.volume, owner: call.request.owner)
            let target = try Self.target(call.request.mutableParameters, volume, ec2.account.configuration)
            let changed = try await VolumeModification(ec2: ec2, task: task).apply(target, to: volume)
            let tags = try Tags.templates(
                call.request.mutableParameters, volume: call.volume.name, claim: call.request.claim)
            if !tags.isEmpty {
                _ = try await ec2.call("CreateTags", [("ResourceId.1", volume.id)] + EC2.tags(tags))
            }
            return changed
        }
        return Self.described(volume, name: call.volume.name)
    }

    private static func target(
        _ parameters: [String: String], _ volume: EC2Volume, _ configuration: DriverConfiguration
    ) throws(DriverError) -> VolumeModification.Target {
        let type = parameters["type"] ?? volume.type
        guard let known = configuration.volumeTypes[type] else {
            throw VolumeSpecification.invalid("type", "there is no volume type \(type)")
        }
        guard volume.sizeGiB >= known.minimumGiB, volume.sizeGiB <= known.maximumGiB else {
            throw VolumeSpecification.outOfRange(
                "a volume of the type \(type) has from \(known.minimumGiB) to \(known.maximumGiB) GiB; this one has "
                    + "\(volume.sizeGiB)")
        }
        return VolumeModification.Target(
            type: parameters["type"],
            iops: try VolumeSpecification.iops(parameters, known, type, volume.sizeGiB, isRequired: false),
            throughput: try VolumeSpecification.throughput(parameters, type))
    }

    /// A class with iopsPerGB and allowAutoIOPSIncreaseOnModify keeps the ratio as a volume grows.
    private static func iops(
        of volume: EC2Volume, grownTo sizeGiB: Int64, _ call: VolumeCall, _ ec2: EC2
    ) throws(DriverError) -> Int64? {
        guard call.parameters["allowAutoIOPSIncreaseOnModify"] == "true", call.parameters["iopsPerGB"] != nil,
            sizeGiB > volume.sizeGiB, let known = ec2.account.configuration.volumeTypes[volume.type]
        else { return nil }
        let wanted = try VolumeSpecification.iops(call.parameters, known, volume.type, sizeGiB, isRequired: false)
        return wanted.map { max($0, volume.iops ?? 0) }
    }

    static func ownerTags(_ request: DriverRequest) -> [String: String] {
        request.owner.map { [Tags.owner: $0] } ?? [:]
    }
}
