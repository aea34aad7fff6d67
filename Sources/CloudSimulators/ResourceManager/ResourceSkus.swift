import JSONTree

/// `Microsoft.Compute/skus`: which types of disks and machines there are, and where.
struct ResourceSkus {
    let settings: ResourceManagerSettings

    /// - Parameter filter: `location eq 'eastus'`, the one that Azure takes.
    func list(filter: String?) throws(ResourceManagerError) -> JSONValue {
        var locations = settings.locations.keys.sorted()
        if let filter {
            guard let match = filter.wholeMatch(of: /\s*location\s+eq\s+'([^']*)'\s*/) else {
                throw ResourceManagerError(
                    400, "InvalidFilter", "The filter '\(filter)' is not supported; it can be location eq '<location>'."
                )
            }
            locations = [ResourceManagerSettings.normalized(location: String(match.1))].filter {
                settings.locations[$0] != nil
            }
        }
        var entries: [JSONValue] = []
        for location in locations {
            entries += settings.diskTypes.map { disk($0, location) }
            entries += settings.attachLimits.sorted { $0.key < $1.key }.map { machine($0.key, $0.value, location) }
        }
        return ["value": .array(entries)]
    }

    private func place(_ location: String, zones: [String]) -> JSONValue {
        ["location": .string(location), "zones": JSONValue(zones), "zoneDetails": []]
    }

    private func disk(_ type: DiskType, _ location: String) -> JSONValue {
        let zones = type.zones == .forbidden ? [] : settings.locations[location] ?? []
        return [
            "resourceType": "disks", "name": .string(type.name), "tier": .string(type.tier),
            "locations": [.string(location)], "locationInfo": [place(location, zones: zones)],
            "capabilities": [
                ["name": "MinSizeGiB", "value": .string(String(type.minimumGB))],
                ["name": "MaxSizeGiB", "value": .string(String(type.maximumGB))],
                ["name": "MaxValueOfMaxShares", "value": .string(String(type.shares(sizeGB: type.maximumGB)))],
            ],
            "restrictions": [],
        ]
    }

    private func machine(_ size: String, _ dataDisks: Int64, _ location: String) -> JSONValue {
        [
            "resourceType": "virtualMachines", "name": .string(size), "tier": "Standard",
            "size": .string(String(size.split(separator: "_").dropFirst().joined(separator: "_"))),
            "locations": [.string(location)],
            "locationInfo": [place(location, zones: settings.locations[location] ?? [])],
            "capabilities": [["name": "MaxDataDiskCount", "value": .string(String(dataDisks))]], "restrictions": [],
        ]
    }
}
