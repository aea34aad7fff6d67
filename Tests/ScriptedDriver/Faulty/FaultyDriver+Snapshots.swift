import Glibc
import JSONTree

extension FaultyDriver {
    func createSnapshot(_ request: JSONValue) throws -> JSONObject {
        let volumeName = try volumeName(request)
        let name = try snapshotName(request)
        return try store.change { state in
            let volume = try existing(volumeName, state)
            if var snapshot = state["snapshots", name] {
                guard snapshot["sourceVolumeID"] == volume["id"] || fault.breaks("R-SNAP-2") else {
                    throw Refusal("ALREADY_EXISTS", "it is of another volume")
                }
                if fault.breaks("R-SNAP-1") { snapshot["id"] = "snap-again" }
                return ["snapshot": snapshot]
            }
            var snapshot: JSONValue = [
                "id": .string("snap-\(name)"), "name": .string(name), "createdAt": "2026-11-22T10:00:00Z",
            ]
            snapshot["sourceVolumeID"] = volume["id"]
            snapshot["sizeBytes"] = volume["size"]
            mkdir(directory("snapshot-\(name)"), 0o755)
            Self.copy(directory(volumeName), to: directory("snapshot-\(name)"))
            state["snapshots", name] = snapshot
            return ["snapshot": snapshot]
        }
    }

    func deleteSnapshot(_ request: JSONValue) throws -> JSONObject {
        let name = try snapshotName(request)
        return try store.change { state in
            guard state["snapshots", name] != nil else {
                if fault.breaks("R-SNAP-3") { throw Refusal("NOT_FOUND", "there is no snapshot \(name)") }
                return [:]
            }
            removeContent(directory("snapshot-\(name)"))
            state["snapshots", name] = nil
            return [:]
        }
    }

    func listSnapshots(_ request: JSONValue) throws -> JSONObject {
        try store.change { state in
            let ofVolume = fault.breaks("R-SNAP-4") ? nil : request["volume"]?["id"]
            let snapshots = state.all("snapshots").map(\.value).filter {
                ofVolume == nil || $0["sourceVolumeID"] == ofVolume
            }
            return ["snapshots": .array(snapshots)]
        }
    }

    private func snapshotName(_ request: JSONValue) throws -> String {
        guard let name = request["snapshot"]?["name"]?.stringValue else {
            throw Refusal("INVALID_ARGUMENT", "there is no snapshot in the request", field: "snapshot")
        }
        return name
    }
}
