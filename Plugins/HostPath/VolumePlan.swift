import DriverProtocol
import JSONTree
import StorageDriverKit

/// What a call to provision comes to, worked out before anything is touched.
struct VolumePlan {
    let basePath: String
    let parameters: ClassParameters
    let mark: VolumeMark
    let limitBytes: Int64?

    init(_ call: VolumeCall) throws(DriverError) {
        try Self.checkName(call.volume.name)
        parameters = try ClassParameters(call.parameters)
        basePath = try DriverConfiguration(call.request).basePath(of: parameters)
        limitBytes = call.volume.limitBytes
        let path = try parameters.pathPattern.path(volume: call.volume.name, claim: call.request.claim)
        var capacityBytes = call.capacityBytes
        var fsType: String?
        if parameters.enforcement == .image {
            let type = try ImageFileSystem(named: call.volume.fsType)
            fsType = type.rawValue
            capacityBytes = try type.size(of: capacityBytes, limitBytes: limitBytes)
        }
        mark = VolumeMark(
            name: call.volume.name, path: path, owner: call.request.owner, capacityBytes: capacityBytes,
            parameters: call.parameters, fsType: fsType,
            mountOptions: parameters.enforcement == .image ? call.volume.mountOptions : [],
            contentSource: call.volume.contentSource, claim: call.request.claim)
    }

    /// A name becomes a file's: the host's are tame, but whoever calls need not be the host.
    static func checkName(_ name: String) throws(DriverError) {
        let isTame = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isTame, name.utf8.count <= 200, name.utf8.first != UInt8(ascii: ".") else {
            throw DriverError(
                .invalidArgument,
                "a volume's name has 1 to 200 letters, digits, dashes, underscores and dots, and does not begin with "
                    + "a dot",
                field: "volume.name")
        }
    }
}

extension VolumeMark {
    /// As the host is told.
    func provisioned(in base: String) -> ProvisionedVolume {
        ProvisionedVolume(
            id: name, name: name, capacityBytes: capacityBytes,
            volumeSource: ["hostPath": ["path": .string("\(base)/\(path)"), "type": "Directory"]],
            context: ["basePath": base, "path": path.description], contentSource: contentSource)
    }
}
