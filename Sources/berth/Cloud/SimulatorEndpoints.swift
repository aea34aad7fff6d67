import CloudSimulators
import Foundation
import JSONTree

/// Where the simulators that run are reached: `endpoints.json` in their data directory, while they run.
enum SimulatorEndpoints {
    /// `clouds` in Berth's data directory.
    static func directory() -> String { Locations.dataDirectory() + "/clouds" }

    static func write(_ addresses: [Cloud: CloudSimulatorOptions.Address], in directory: String) throws {
        let json = JSONValue(Dictionary(uniqueKeysWithValues: addresses.map { ($0.rawValue, $1.url) }))
        try Data(json.encoded).write(to: URL(fileURLWithPath: directory + "/endpoints.json"), options: .atomic)
    }

    static func remove(in directory: String) {
        // One that stays names addresses that nobody answers at, which a client then says.
        try? FileManager.default.removeItem(atPath: directory + "/endpoints.json")
    }

    /// The URLs by cloud.
    ///
    /// - Throws: ``CommandFailure`` when no simulator runs with its state there.
    static func read(in directory: String) throws -> [Cloud: String] {
        let path = directory + "/endpoints.json"
        guard let bytes = FileManager.default.contents(atPath: path),
            let urls = try JSONParser.parse(bytes).stringDictionary
        else {
            throw CommandFailure(
                "no simulated cloud runs with its state in \(directory). Start one with berth cloud, or say where one is "
                    + "with --data-dir DIR or --endpoint URL")
        }
        var endpoints: [Cloud: String] = [:]
        for (name, url) in urls { if let cloud = Cloud(rawValue: name) { endpoints[cloud] = url } }
        return endpoints
    }
}
