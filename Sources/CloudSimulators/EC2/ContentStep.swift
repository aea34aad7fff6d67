/// What a change of the model asks for where disks have bytes. Each may be repeated.
enum ContentStep: Hashable, Sendable {
    case create(id: String, bytes: Int64, source: String?)
    case resize(id: String, bytes: Int64)
    /// To this machine.
    case attach(id: String, bytes: Int64)
    case detach(id: String)
    case remove(id: String)

    func carryOut(on contents: DiskContents) async throws {
        switch self {
        case .create(let id, let bytes, let source): try await contents.create(id, bytes: bytes, from: source)
        case .resize(let id, let bytes): try await contents.resize(id, bytes: bytes)
        case .attach(let id, let bytes):
            // Made anew should the simulator have ended between the volume and its content.
            try await contents.create(id, bytes: bytes, from: nil)
            _ = try await contents.attach(id, links: [Self.link(id)])
        case .detach(let id): try await contents.detach(id)
        case .remove(let id): try await contents.remove(id)
        }
    }

    /// As Amazon's udev rules call an NVMe device below `/dev/disk`: by its serial number, which is the volume's id
    /// without its dash.
    private static func link(_ volumeID: String) -> String {
        "by-id/nvme-Amazon_Elastic_Block_Store_\(volumeID.filter { $0 != "-" })"
    }
}

extension VolumeSpecification {
    var bytes: Int64 { Int64(sizeGiB) << 30 }
}
