import DriverProtocol
import StorageDriverKit

/// The tags of what this driver makes.
enum Tags {
    /// The host's name for a volume, by which it is found.
    static let volume = "berth.dev/volume"
    /// The host's name for a snapshot.
    static let snapshot = "berth.dev/snapshot"
    /// Which host's it is.
    static let owner = "berth.dev/owner"
    /// What was asked for, so that the name asked for again with other arguments is noticed.
    static let arguments = "berth.dev/arguments"

    /// As Amazon's drivers set them, with the host's own and the user's.
    static func ofVolume(
        _ call: VolumeCall, _ specification: VolumeSpecification, _ configuration: DriverConfiguration
    ) throws(DriverError) -> [String: String] {
        let name = call.volume.name
        var tags = try common(call.request, configuration)
        tags[volume] = name
        tags[arguments] = specification.fingerprint
        switch configuration.dialect {
        case .csi:
            tags["CSIVolumeName"] = name
            tags["ebs.csi.aws.com/cluster"] = "true"
            if let cluster = configuration.clusterID {
                tags["Name"] = "\(cluster)-dynamic-\(name)"
                tags["ebs.csi.aws.com/cluster-name"] = cluster
                tags["KubernetesCluster"] = cluster
            }
        case .inTree:
            tags["Name"] = "kubernetes-dynamic-\(name)"
        }
        tags["kubernetes.io/created-for/pv/name"] = name
        if let claim = call.request.claim {
            tags["kubernetes.io/created-for/pvc/name"] = claim.name
            tags["kubernetes.io/created-for/pvc/namespace"] = claim.namespace
        }
        let templates = call.parameters.merging(call.request.mutableParameters) { $1 }
        try addTemplates(templates, to: &tags, volume: name, claim: call.request.claim)
        return tags
    }

    static func ofSnapshot(
        _ call: SnapshotCall, _ configuration: DriverConfiguration
    ) throws(DriverError) -> [String: String] {
        var tags = try common(call.request, configuration)
        tags[snapshot] = call.snapshot.name
        tags["CSIVolumeSnapshotName"] = call.snapshot.name
        if configuration.dialect == .csi { tags["ebs.csi.aws.com/cluster"] = "true" }
        try addTemplates(
            call.snapshot.parameters, to: &tags, volume: call.volume?.name ?? "", claim: call.request.claim)
        return tags
    }

    private static func common(
        _ request: DriverRequest, _ configuration: DriverConfiguration
    ) throws(DriverError) -> [String: String] {
        var tags: [String: String] = [:]
        for (key, value) in configuration.tags {
            try check(key, value, field: "driver.config")
            tags[key] = value
        }
        if let owner = request.owner { tags[Self.owner] = owner }
        if let cluster = configuration.clusterID { tags["kubernetes.io/cluster/\(cluster)"] = "owned" }
        return tags
    }

    /// Those of `tagSpecification_N`, filled in.
    static func templates(
        _ parameters: [String: String], volume: String, claim: ClaimReference?
    ) throws(DriverError) -> [String: String] {
        var tags: [String: String] = [:]
        try addTemplates(parameters, to: &tags, volume: volume, claim: claim)
        return tags
    }

    private static func addTemplates(
        _ parameters: [String: String], to tags: inout [String: String], volume: String, claim: ClaimReference?
    ) throws(DriverError) {
        for (name, text) in parameters.sorted(by: { $0.key < $1.key }) where name.hasPrefix("tagSpecification_") {
            let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = trimmed(sides[0])
            let value = try filled(
                trimmed(sides.count > 1 ? sides[1] : ""), parameter: name, volume: volume, claim: claim)
            try check(key, value, field: "parameters.\(name)")
            tags[key] = value
        }
    }

    /// - Throws: ``DriverError`` for a key that this driver or Amazon keeps for itself, and what is too long.
    private static func check(_ key: String, _ value: String, field: String) throws(DriverError) {
        func invalid(_ reason: String) -> DriverError {
            DriverError(.invalidArgument, "the tag '\(key)' \(reason)", field: field, outcome: .final)
        }
        guard !key.isEmpty, key.unicodeScalars.count <= 128 else {
            throw invalid("has no key, or one over 128 characters")
        }
        guard value.unicodeScalars.count <= 256 else { throw invalid("has a value of more than 256 characters") }
        let reserved = ["aws:", "berth.dev/", "kubernetes.io/", "ebs.csi.aws.com/"]
        let names = ["CSIVolumeName", "CSIVolumeSnapshotName", "KubernetesCluster"]
        if reserved.contains(where: { key.lowercased().hasPrefix($0) }) || names.contains(key) {
            throw invalid("is one that this driver sets itself, or that Amazon keeps for itself")
        }
    }

    /// Fills `{{ .PVCName }}` and its like in.
    private static func filled(
        _ template: String, parameter: String, volume: String, claim: ClaimReference?
    ) throws(DriverError) -> String {
        var result = ""
        var rest = template[...]
        while let open = rest.firstRange(of: "{{") {
            result += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            guard let close = rest.firstRange(of: "}}") else {
                throw VolumeSpecification.invalid(parameter, "\"\(parameter)\" has a {{ without its }}")
            }
            let word = trimmed(rest[..<close.lowerBound])
            switch word {
            case ".PVName": result += volume
            case ".PVCName": result += claim?.name ?? ""
            case ".PVCNamespace": result += claim?.namespace ?? ""
            default:
                throw VolumeSpecification.invalid(
                    parameter,
                    "\"\(parameter)\" has {{ \(word) }}; there are {{ .PVCName }}, {{ .PVCNamespace }} and {{ .PVName }}"
                )
            }
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
