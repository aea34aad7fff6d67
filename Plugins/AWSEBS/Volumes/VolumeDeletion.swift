import CloudHTTP
import DriverProtocol
import StorageDriverKit

/// Deletes the volume of a call.
struct VolumeDeletion: Sendable {
    let call: VolumeCall
    let ec2: EC2

    private var name: String { call.volume.name }

    /// By its name, whatever the id says: nothing else is deleted. Without an id, an earlier `provision` may have ended
    /// in the dark, so that EC2 is given a moment to show what it has made.
    func run() async throws {
        let task = "volume \(name) could not be deleted"
        let found = try await failing(task, earlier: .unknown) {
            try await VolumeLookup(ec2: ec2).volumes(named: name, patiently: call.volume.id == nil)
        }
        for volume in found {
            guard volume.tags[Tags.owner] == call.request.owner else {
                throw DriverError(.failedPrecondition, "\(task): \(volume.id) is another host's", outcome: .final)
            }
            try await failing(task, earlier: .unknown) { try await delete(volume) }
        }
    }

    private func delete(_ volume: EC2Volume) async throws {
        do throws(EC2Failure) {
            _ = try await ec2.call("DeleteVolume", [("VolumeId", volume.id)])
        } catch {
            switch error.code {
            case "InvalidVolume.NotFound": return
            case "IncorrectState":
                // It is still being created, or was deleted by a request whose answer was lost.
                let isSettled: Bool? = try await PollSchedule(first: .milliseconds(250), factor: 2).poll(
                    deadline: ec2.deadline
                ) { try await ec2.volume(volume.id)?.state == "creating" ? nil : true }
                guard isSettled != nil, let now = try await ec2.volume(volume.id), now.state == "available" else {
                    if isSettled == true, try await ec2.volume(volume.id) == nil { return }
                    throw error
                }
                do throws(EC2Failure) {
                    _ = try await ec2.call("DeleteVolume", [("VolumeId", volume.id)])
                } catch {
                    // Gone by an equal call.
                    guard error.code == "InvalidVolume.NotFound" else { throw error }
                }
            case "VolumeInUse":
                let places = volume.attachments.map { "\($0.instanceID) as \($0.device)" }
                throw DriverError(
                    .failedPrecondition,
                    "volume \(name) could not be deleted: \(volume.id) is attached to "
                        + "\(places.isEmpty ? "an instance" : places.joined(separator: ", ")); detach it first",
                    outcome: .final)
            default: throw error
            }
        }
    }
}
