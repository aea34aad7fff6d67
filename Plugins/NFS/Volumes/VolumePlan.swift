import DriverProtocol
import JSONTree
import StorageDriverKit

/// What a call to provision comes to, worked out before anything is touched.
struct VolumePlan {
    let parameters: ClassParameters
    let mark: VolumeMark
    let limitBytes: Int64?
    let contentSource: ContentSource?

    init(_ call: VolumeCall, _ configuration: DriverConfiguration, createdAt: String) throws(DriverError) {
        let name = try Self.checked(call.volume.name, field: "volume.name")
        parameters = try ClassParameters(
            call.parameters, defaults: configuration.defaults, mountOptions: call.volume.mountOptions)
        limitBytes = call.volume.limitBytes
        contentSource = call.volume.contentSource
        mark = VolumeMark(
            name: name, path: try parameters.pathPattern.path(volume: name, claim: call.request.claim),
            owner: call.request.owner, driver: call.request.driver.name, capacityBytes: call.capacityBytes,
            deletion: parameters.deletion,
            isReadOnly: parameters.isReadOnly, watchesQuota: parameters.watchesQuota,
            parametersDigest: VolumeMark.digest(call.parameters), source: contentSource.map(Self.describe),
            claim: call.request.claim, createdAt: createdAt)
        // Must fit, before anything is made.
        _ = try mark.text()
    }

    /// A name becomes a file's: the host's are tame, but whoever calls need not be the host.
    static func checked(_ name: String, field: String) throws(DriverError) -> String {
        let isTame = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isTame, !name.isEmpty, name.utf8.count <= 200, name.utf8.first != UInt8(ascii: ".") else {
            throw DriverError(
                .invalidArgument,
                "\(field) must have 1 to 200 letters, digits, dashes, underscores and dots, and not begin with a dot",
                field: field)
        }
        return name
    }

    private static func describe(_ source: ContentSource) -> String {
        switch source {
        case .snapshot(let snapshot): "snapshot/\(snapshot.id)"
        case .volume(let volume): "volume/\(volume.id)"
        }
    }
}
