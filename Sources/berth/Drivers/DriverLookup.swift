import DriverHost
import Foundation
import JSONTree

/// Finds the driver that a command line means.
struct DriverLookup {
    /// The path of drivers.json.
    let file: String

    /// The one that is registered under the name; else the executable at that path.
    ///
    /// - Parameter wireProtocol: Of an executable that is not registered.
    /// - Throws: What is wrong with its entry; ``CommandFailure`` when there is neither.
    func entry(_ word: String, wireProtocol: DriverEntry.WireProtocol? = nil) throws -> DriverEntry {
        let isPath = word.contains("/")
        if !isPath, let bytes = try DriversFile.bytes(at: file) {
            let registry = try DriversFile(parsing: bytes, path: file).withFoundDrivers()
            if let entry = registry.entries.first(where: { $0.driver.name == word })?.driver {
                guard let wireProtocol, wireProtocol != entry.wireProtocol else { return entry }
                throw CommandFailure(
                    "driver '\(word)' is registered with the protocol \(entry.wireProtocol.rawValue); leave --protocol out"
                )
            }
            if let problem = registry.problems.first(where: { $0.driver == word }) { throw problem }
        }
        guard isPath || FileManager.default.fileExists(atPath: word) else {
            throw CommandFailure(
                "there is no driver '\(word)' in \(file), and no executable of that name here; write ./\(word) for a file"
            )
        }
        var entry = DriverEntry(name: "probe", provisioners: [], executable: Locations.absolute(word))
        entry.wireProtocol = wireProtocol ?? .berth
        return entry
    }
}
