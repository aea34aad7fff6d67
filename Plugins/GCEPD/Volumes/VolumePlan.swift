import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

/// What a `provision` is to make: everything that can be said before Google is asked.
struct VolumePlan {
    let diskName: String
    let parameters: ClassParameters
    let mark: ResourceMark
    let labels: [String: String]
    let iops: Int64?
    /// In MiB/s.
    let throughput: Int64?
    let fsType: String?
    /// `nil`: any of the region.
    let allowedZones: [String]?
    let contentSource: ContentSource?
    private let call: VolumeCall
    private let dialect: DriverConfiguration.Dialect

    /// - Throws: ``DriverError``: parameters or topology do not go together.
    init(_ call: VolumeCall, _ configuration: DriverConfiguration) throws(DriverError) {
        self.call = call
        dialect = configuration.dialect
        diskName = try DiskName.ofVolume(call.volume.name, configuration.dialect)
        parameters = try ClassParameters(call.parameters)
        let mutable = call.request.mutableParameters
        iops = mutable["iops"].flatMap(Int64.init) ?? parameters.iops
        throughput =
            try mutable["throughput"].map { text throws(DriverError) in
                try Throughput.mebibytes(text, field: "mutableParameters.throughput")
            } ?? parameters.throughput
        let isBlock = call.volume.volumeMode == "Block"
        fsType = isBlock ? nil : call.volume.fsType ?? parameters.fsType ?? "ext4"
        contentSource = call.volume.contentSource
        allowedZones = try Zones.allowed(class: parameters.zones, call.volume.topology)
        mark = ResourceMark(
            name: call.volume.name, owner: call.request.owner, driver: call.request.driver.name,
            arguments: Self.digest(call, configuration.dialect))
        labels = configuration.labels.merging(parameters.labels) { $1 }.merging(mark.labels) { $1 }
        _ = try sizeGiB()
    }

    /// - Parameter least: Of the content source, in GiB.
    func sizeGiB(least: Int64 = 0) throws(DriverError) -> Int64 {
        try parameters.type.size(
            bytes: call.capacityBytes, limit: call.volume.limitBytes, isRegional: parameters.isRegional, least: least)
    }

    /// The zone, or the two of a regional disk, among those that there are.
    func zones(among candidates: [String]) throws(DriverError) -> [String] {
        let count = parameters.isRegional ? 2 : 1
        var candidates = candidates
        if !parameters.storagePools.isEmpty {
            candidates = candidates.filter { storagePool(in: $0) != nil }
        }
        let chosen = Zones.choose(
            count, among: candidates, call.volume.topology, claim: call.request.claim, volume: call.volume.name)
        guard chosen.count == count else {
            throw DriverError(
                .invalidArgument,
                count == 2
                    ? "a regional disk needs two zones; class and topology allow \(candidates.joined(separator: ", "))"
                    : "no zone has one of the class's storage pools",
                field: count == 2 ? "volume.topology" : "parameters.storage-pools")
        }
        return chosen
    }

    /// The disk to insert.
    ///
    /// - Parameters:
    ///   - project: The full path's beginning, `projects/p`.
    ///   - source: `sourceSnapshot` or `sourceDisk`, and the reference.
    func body(
        sizeGiB: Int64, zones: [String], scope: String, project: String, source: (property: String, reference: String)?
    ) -> JSONValue {
        var body: JSONValue = [
            "name": .string(diskName), "sizeGb": .string(String(sizeGiB)),
            "type": .string("\(project)/\(scope)/diskTypes/\(parameters.type.name)"),
            "description": .string(mark.description(call.request, dialect)), "labels": JSONValue(labels),
        ]
        if parameters.isRegional { body["replicaZones"] = JSONValue(zones.map { "\(project)/zones/\($0)" }) }
        if let iops { body["provisionedIops"] = .string(String(iops)) }
        if let throughput { body["provisionedThroughput"] = .string(String(throughput)) }
        if let key = parameters.kmsKey { body["diskEncryptionKey"] = ["kmsKeyName": .string(key)] }
        if parameters.isConfidential { body["enableConfidentialCompute"] = true }
        if let mode = parameters.accessMode { body["accessMode"] = .string(mode) }
        if let zone = zones.first, let pool = storagePool(in: zone) { body["storagePool"] = .string(pool) }
        if !parameters.resourceTags.isEmpty {
            body["params"] = ["resourceManagerTags": JSONValue(parameters.resourceTags)]
        }
        if let source { body[source.property] = .string(source.reference) }
        return body
    }

    private func storagePool(in zone: String) -> String? {
        parameters.storagePools.first { $0.contains("/zones/\(zone)/") }
    }

    /// Of what a second call with the same name must have in common with the first. Parameters that have their default's
    /// value count as absent: a later version of the driver has more of them.
    private static func digest(_ call: VolumeCall, _ dialect: DriverConfiguration.Dialect) -> String {
        let defaults = ClassParameters.schema(dialect)["properties"]
        let given = call.parameters.filter { name, value in defaults?[name]?["default"]?.stringValue != value }
        var arguments: JSONValue = [
            "parameters": JSONValue(given), "mutableParameters": JSONValue(call.request.mutableParameters),
            "volumeMode": .string(call.volume.volumeMode ?? "Filesystem"),
        ]
        switch call.volume.contentSource {
        case .snapshot(let source): arguments["snapshot"] = .string(source.id)
        case .volume(let source): arguments["volume"] = .string(source.id)
        case nil: break
        }
        return Hex.encoded(Digest.sha256(arguments.canonicalEncoded).prefix(16))
    }
}
