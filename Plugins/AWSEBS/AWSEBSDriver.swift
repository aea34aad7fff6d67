import DriverProtocol
import JSONTree
import StorageDriverKit

/// Volumes of Amazon's Elastic Block Store: `kubernetes.io/aws-ebs` with the in-tree plugin's parameters, and
/// `ebs.csi.aws.com` with its driver's, as `config.dialect` says.
@main
struct AWSEBSDriver: StorageDriver {
    let accounts = AccountPool()

    var info: DriverInfo { info(for: DriverReference(name: "aws-ebs")) }

    func info(for driver: DriverReference) -> DriverInfo {
        let dialect = DriverConfiguration.dialect(driver.config)
        return DriverInfo(
            name: "aws-ebs", version: "1.0.0",
            capabilities: [.clone, .restore, .topology, .onlineExpansion],
            parameters: ParameterSchemas.classParameters(dialect), mutableParameters: ParameterSchemas.mutable,
            allocationUnitBytes: VolumeSpecification.gibibyte, minimumBytes: VolumeSpecification.gibibyte,
            maximumBytes: 65_536 * VolumeSpecification.gibibyte,
            accessModes: ["ReadWriteOnce", "ReadWriteOncePod"], volumeModes: ["Filesystem", "Block"],
            capacityEnforced: true, resident: true, maximumConcurrency: 64,
            timeouts: [.provision: .seconds(300), .expandVolume: .seconds(300), .modify: .seconds(300)])
    }

    /// Ready when EC2 answers, and accepts the credentials.
    func status(_ request: DriverRequest) async throws {
        let ec2 = try await accounts.ec2(for: request)
        try await failing("EC2 at \(ec2.account.api.endpoint) cannot be used") {
            _ = try await ec2.call("DescribeAvailabilityZones", [])
        }
    }

    func validate(_ call: VolumeCall) async throws -> ProvisionedVolume? {
        try await VolumeProvisioning(call, try await accounts.ec2(for: call.request)).check()
        return nil
    }

    func provision(_ call: VolumeCall) async throws -> ProvisionedVolume {
        let provisioning = try await VolumeProvisioning(call, try await accounts.ec2(for: call.request))
        return provisioned(try await provisioning.run(), provisioning)
    }

    func delete(_ call: VolumeCall) async throws {
        try await VolumeDeletion(call: call, ec2: try await accounts.ec2(for: call.request)).run()
    }

    private func provisioned(_ volume: EC2Volume, _ provisioning: VolumeProvisioning) -> ProvisionedVolume {
        let specification = provisioning.specification
        var result = Self.described(volume, name: provisioning.call.volume.name)
        switch provisioning.configuration.dialect {
        case .csi:
            result.volumeSource = ["csi": ["driver": "ebs.csi.aws.com", "volumeHandle": .string(volume.id)]]
            if !specification.isBlock { result.volumeSource?.set(.string(specification.fsType), at: "csi", "fsType") }
        case .inTree:
            let id = "aws://\(volume.zone)/\(volume.id)"
            result.volumeSource = ["awsElasticBlockStore": ["volumeID": .string(id)]]
            if !specification.isBlock {
                result.volumeSource?.set(.string(specification.fsType), at: "awsElasticBlockStore", "fsType")
            }
        }
        result.context = ["fsType": specification.fsType]
        if !specification.makeOptions.isEmpty {
            result.context["makeOptions"] = specification.makeOptions.joined(separator: " ")
        }
        if specification.source != nil { result.context["hasContent"] = "true" }
        result.topology = [[ZoneChoice.key: volume.zone]]
        if provisioning.configuration.dialect == .inTree {
            // The in-tree plugin set both; nothing reads them, but people's selectors do.
            result.labels = [
                ZoneChoice.key: volume.zone, ZoneChoice.regionKey: provisioning.ec2.account.region,
            ]
        }
        return result
    }

    /// - Parameter name: Of the call; a list has it from the volume's tags.
    static func described(_ volume: EC2Volume, name: String?) -> ProvisionedVolume {
        ProvisionedVolume(
            id: volume.id, name: name ?? volume.tags[Tags.volume], capacityBytes: volume.capacityBytes,
            topology: [[ZoneChoice.key: volume.zone]])
    }
}
