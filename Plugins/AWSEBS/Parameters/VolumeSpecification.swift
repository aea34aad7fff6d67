import CloudHTTP
import DriverProtocol
import StorageDriverKit

/// What EC2 is asked for, as a class's parameters and a claim say it.
struct VolumeSpecification: Sendable, Hashable {
    static let gibibyte: Int64 = 1 << 30

    var type: String
    var sizeGiB: Int64
    var iops: Int64?
    var throughput: Int64?
    var isEncrypted: Bool
    var kmsKeyID: String?
    var initializationRate: Int64?
    var outpostARN: String?
    var source: ContentSource?
    var isBlock: Bool
    var fsType: String
    /// Of the file system, as its maker's options; for `mountdevice`.
    var makeOptions: [String]

    /// - Parameters:
    ///   - parameters: The class's, checked and complete.
    ///   - mutableParameters: Of a class of volume attributes; they come first.
    ///   - capacityBytes: As the kit rounded it.
    ///   - source: With the size that the source has.
    init(
        _ call: VolumeCall, _ configuration: DriverConfiguration, sourceSizeGiB: Int64 = 0
    ) throws(DriverError) {
        var parameters = call.parameters
        for (name, value) in call.request.mutableParameters { parameters[name] = value }
        let type = parameters["type"] ?? (configuration.dialect == .csi ? "gp3" : "gp2")
        guard let known = configuration.volumeTypes[type] else {
            throw Self.invalid("type", "there is no volume type \(type)")
        }
        self.type = type
        sizeGiB = try Self.size(call, known, type, sourceSizeGiB)
        iops = try Self.iops(parameters, known, type, sizeGiB)
        throughput = try Self.throughput(parameters, type)
        kmsKeyID = parameters["kmsKeyId"]
        // As with Kubernetes' and Amazon's drivers, a key says enough.
        isEncrypted = parameters["encrypted"] == "true" || kmsKeyID != nil
        initializationRate = parameters["volumeInitializationRate"].flatMap { Int64($0) }
        source = call.volume.contentSource
        if initializationRate != nil {
            guard case .snapshot = source else {
                throw Self.invalid(
                    "volumeInitializationRate", "it is for volumes that are made from a snapshot, which this one is not"
                )
            }
        }
        outpostARN = parameters["outpostArn"]
        isBlock = call.volume.volumeMode == "Block"
        fsType = parameters["fsType"] ?? call.volume.fsType ?? "ext4"
        makeOptions = try Self.makeOptions(parameters, fsType: fsType)
    }

    var capacityBytes: Int64 { sizeGiB * Self.gibibyte }

    /// The same for the same arguments, whatever the names of the claim and the volume: 32 hexadecimal digits.
    var fingerprint: String {
        var parts = [
            type, String(sizeGiB), iops.map(String.init) ?? "", throughput.map(String.init) ?? "",
            isEncrypted ? "encrypted" : "", kmsKeyID ?? "", initializationRate.map(String.init) ?? "",
            outpostARN ?? "", isBlock ? "Block" : fsType, makeOptions.joined(separator: " "),
        ]
        switch source {
        case .snapshot(let snapshot): parts.append("snapshot \(snapshot.id)")
        case .volume(let volume): parts.append("volume \(volume.id)")
        case nil: break
        }
        return String(Hex.encoded(Digest.sha256(parts.joined(separator: "\n"))).prefix(32))
    }

    private static func size(
        _ call: VolumeCall, _ known: VolumeType, _ type: String, _ sourceSizeGiB: Int64
    ) throws(DriverError) -> Int64 {
        // Nothing can be added to 2^63-1 bytes; that the kit refuses so many is no reason to rely on it.
        let wanted = call.capacityBytes / gibibyte + (call.capacityBytes % gibibyte > 0 ? 1 : 0)
        let size = max(wanted, known.minimumGiB, sourceSizeGiB)
        guard size <= known.maximumGiB else {
            throw outOfRange(
                "a volume of the type \(type) has at most \(known.maximumGiB) GiB; this one would have \(size)")
        }
        if let limit = call.volume.limitBytes, size > limit / gibibyte {
            let reason =
                size == sourceSizeGiB && sourceSizeGiB > wanted
                ? "what it is made from has \(sourceSizeGiB) GiB"
                : "the smallest volume of the type \(type) that fits has \(size) GiB"
            throw outOfRange("\(reason), above the limit of \(limit) bytes")
        }
        return size
    }

    static func throughput(_ parameters: [String: String], _ type: String) throws(DriverError) -> Int64? {
        guard let throughput = parameters["throughput"].flatMap({ Int64($0) }) else { return nil }
        guard type == "gp3" else {
            throw invalid("throughput", "volumes of the type \(type) have no throughput to choose; gp3 has")
        }
        return throughput
    }

    /// What iops or iopsPerGB give.
    ///
    /// - Parameter isRequired: Whether a type that needs operations a second must be given them.
    static func iops(
        _ parameters: [String: String], _ known: VolumeType, _ type: String, _ sizeGiB: Int64, isRequired: Bool = true
    ) throws(DriverError) -> Int64? {
        let given = parameters["iops"].flatMap { Int64($0) }
        let ratio = parameters["iopsPerGB"].flatMap { Int64($0) }
        guard given == nil || ratio == nil else {
            throw invalid("iopsPerGB", "iops and iopsPerGB exclude each other; give one of them")
        }
        guard given != nil || ratio != nil else {
            guard !known.needsIOPS || !isRequired else {
                throw invalid("iopsPerGB", "volumes of the type \(type) need iopsPerGB or iops")
            }
            return nil
        }
        guard known.maximumIOPS > 0 else {
            throw invalid(
                given == nil ? "iopsPerGB" : "iops",
                "volumes of the type \(type) have no operations a second to choose; gp3, io1 and io2 have")
        }
        if let given { return given }
        // The in-tree plugin and Amazon's driver lower what is above the type's bounds.
        let most = min(known.maximumIOPS, known.iopsPerGiB * sizeGiB)
        let (product, overflows) = (ratio ?? 0).multipliedReportingOverflow(by: sizeGiB)
        let computed = min(overflows ? most : product, max(most, known.minimumIOPS))
        guard computed < known.minimumIOPS else { return computed }
        let raises =
            type == "io1" || parameters["allowAutoIOPSPerGBIncrease"] == "true"
            || parameters["allowAutoIOPSIncreaseOnModify"] == "true"
        guard raises else {
            throw invalid(
                "iopsPerGB",
                "\(ratio ?? 0) operations a second for each of \(sizeGiB) GiB make \(computed); \(type) has at least "
                    + "\(known.minimumIOPS). Set allowAutoIOPSPerGBIncrease to true to get these")
        }
        return known.minimumIOPS
    }

    private static func makeOptions(_ parameters: [String: String], fsType: String) throws(DriverError) -> [String] {
        var options: [String] = []
        let isExt = fsType.hasPrefix("ext")
        func add(_ name: String, _ text: (String) -> [String], extOnly: Bool = true) throws(DriverError) {
            guard let value = parameters[name] else { return }
            guard isExt || !extOnly else { throw invalid(name, "a file system \(fsType) has no \(name)") }
            options += text(value)
        }
        try add("blockSize", { isExt ? ["-b", $0] : ["-b", "size=\($0)"] }, extOnly: false)
        try add("inodeSize", { isExt ? ["-I", $0] : ["-i", "size=\($0)"] }, extOnly: false)
        try add("bytesPerInode", { ["-i", $0] })
        try add("numberOfInodes", { ["-N", $0] })
        if parameters["ext4BigAlloc"] == "true" { options += ["-O", "bigalloc"] }
        if let size = parameters["ext4ClusterSize"] {
            guard parameters["ext4BigAlloc"] == "true" else {
                throw invalid("ext4ClusterSize", "ext4ClusterSize needs ext4BigAlloc")
            }
            options += ["-C", size]
        }
        if parameters["ext4EncryptionSupport"] == "true" { options += ["-O", "encrypt"] }
        return options
    }

    static func invalid(_ parameter: String, _ message: String) -> DriverError {
        DriverError(.invalidArgument, message, field: "parameters.\(parameter)")
    }

    static func outOfRange(_ message: String) -> DriverError {
        DriverError(.outOfRange, message, field: "volume.capacityBytes")
    }
}
