import CloudHTTP
import DriverProtocol
import JSONTree

@testable import AzureDiskDriver

extension FuzzTarget {
    /// What Azure Resource Manager answers, as the driver reads it.
    static let azureAnswers = FuzzTarget(
        "azure-answers",
        dictionary: [
            "\"properties\":{", "\"diskSizeGB\":", "\"diskSizeBytes\":", "\"provisioningState\":\"Succeeded\"",
            "\"sku\":",
            "\"managedBy\":", "\"storageProfile\":{\"dataDisks\":[", "\"lun\":", "\"managedDisk\":{\"id\":",
            "\"timeCreated\":",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d", "9223372036854775807",
            "\"error\":{",
        ]
    ) { bytes in
        readFormats(bytes)
        guard let json = try? JSONParser.parse(bytes) else { return }
        for item in [json] + (json["value"]?.arrayValue ?? []) {
            let disk = Disk(item)
            try require(disk.capacityBytes >= 0 || disk.sizeGB < 0, "a size of \(disk.sizeGB) GiB overflows")
            _ = Snapshot(item, name: "s").json
            let machine = DataDisks(item, isInstance: false)
            if let id = ResourceID(.disk, disk.id) {
                try require(ResourceID(.disk, id.description)?.isSame(as: id) == true, "\(disk.id) is read as \(id)")
                _ = machine.detaching(id)
            }
            _ = ResourceManagerFailure(status: 409, error: item["error"]).driverError("t", mutates: true)
        }
    }
}
