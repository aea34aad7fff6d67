import JSONTree
import KubernetesAPI

/// One write that a decision asks for: the whole object as it is to be, with the resourceVersion of the state that was
/// looked at, so that it fails when that state is gone.
enum ObjectWrite: Sendable, Hashable {
    case claim(PersistentVolumeClaim)
    case claimStatus(PersistentVolumeClaim)
    case volume(PersistentVolume)
    case volumeStatus(PersistentVolume)

    var kind: ResourceKind {
        switch self {
        case .claim, .claimStatus: .persistentVolumeClaim
        case .volume, .volumeStatus: .persistentVolume
        }
    }

    var json: JSONValue {
        switch self {
        case .claim(let claim), .claimStatus(let claim): claim.json
        case .volume(let volume), .volumeStatus(let volume): volume.json
        }
    }

    var key: ObjectKey {
        switch self {
        case .claim(let claim), .claimStatus(let claim): claim.key
        case .volume(let volume), .volumeStatus(let volume): volume.key
        }
    }

    var uid: String {
        switch self {
        case .claim(let claim), .claimStatus(let claim): claim.uid
        case .volume(let volume), .volumeStatus(let volume): volume.uid
        }
    }

    var subresource: String? {
        switch self {
        case .claim, .volume: nil
        case .claimStatus, .volumeStatus: "status"
        }
    }
}
