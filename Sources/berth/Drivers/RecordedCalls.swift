import DriverHost
import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient

/// The calls on record: of the server that runs, else what the last one has left in its data directory.
struct RecordedCalls {
    let connection: ConnectionOptions
    /// As the server takes them: `driver`, `id`, `volume`, `failed`, `after`, `limit`.
    var query: [String: String] = [:]

    /// - Throws: ``ClientError`` when there is no server and `--kubeconfig` names one.
    func read() async throws -> [JSONValue] {
        do {
            return try await connection.connect { try await read($0) }
        } catch let error as ClientError where error.code != .badAnswer && connection.kubeconfig == nil {
            let directory = Locations.dataDirectory()
            if FileManager.default.fileExists(atPath: directory) { try DataDirectory.check(directory) }
            let records = DriverHost.callRecords(dataDirectory: directory, try CallRecordFilter(query: query))
            Output.error("berth serve is not running; these are the calls that it left in \(directory)/calls.")
            return records.map(\.json)
        }
    }

    func read(_ server: APIConnection) async throws -> [JSONValue] {
        var components = URLComponents()
        components.queryItems = query.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0.key, value: $0.value) }
        let path = "/berth/v1/calls" + (query.isEmpty ? "" : "?\(components.percentEncodedQuery ?? "")")
        return try await server.send("GET", path).body.arrayValue ?? []
    }

    /// The one call of this id.
    ///
    /// - Throws: ``CommandFailure`` when it is not on record.
    static func record(_ callID: String, _ connection: ConnectionOptions) async throws -> JSONValue {
        let calls = RecordedCalls(connection: connection, query: ["id": callID])
        guard let record = try await calls.read().first else {
            throw CommandFailure(
                "there is no call \"\(callID)\" on record. `berth driver calls` lists those there are; the oldest give way "
                    + "to new ones, failed ones later than others")
        }
        return record
    }
}
