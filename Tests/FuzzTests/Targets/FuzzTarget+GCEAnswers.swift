import CloudHTTP
import DriverProtocol
import JSONTree

@testable import GCEPDDriver

extension FuzzTarget {
    /// What Compute Engine answers, as the driver reads it.
    static let gceAnswers = FuzzTarget(
        "gce-answers",
        dictionary: [
            "-----BEGIN PRIVATE KEY-----\n", "-----END PRIVATE KEY-----",
            "\"selfLink\":", "/projects/p/zones/z/disks/d", "\"sizeGb\":\"", "\"status\":\"READY\"", "\"users\":[",
            "\"labels\":{", "\"diskSizeGb\":\"", "\"sourceDisk\":", "\"creationTimestamp\":", "9223372036854775807",
        ]
    ) { bytes in
        readFormats(bytes)
        guard let json = try? JSONParser.parse(bytes) else { return }
        for item in [json] + (json["items"]?.arrayValue ?? []) {
            if let disk = try? Disk(item, "disks.get") {
                try require(disk.bytes >= 0 || disk.sizeGiB < 0, "a size of \(disk.sizeGiB) GiB overflows")
            }
            if let record = try? SnapshotRecord(item) { _ = record.snapshot("projects/p").json }
            _ = DiskPath(id: item["id"]?.stringValue ?? "")
        }
    }
}
