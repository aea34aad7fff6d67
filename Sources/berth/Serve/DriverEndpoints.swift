import APIServer
import DriverHost
import DriverProtocol
import JSONTree
import KubernetesAPI
import Provisioning

/// What `berth driver …` asks of the server that runs, at `/berth/v1/…`.
extension APIServer.Extensions {
    mutating func serve(_ host: DriverHost) {
        reports["drivers"] = { _ in host.report() }
        // What is wrong with drivers.json, which the drivers that run do not show: it may have been changed since.
        reports["problems"] = { _ in .array(host.problems.map { .string("\($0)") }) }
        reports["calls"] = { query in
            .array(await host.callRecordsWithEarlier(try CallRecordFilter(query: query)).map(\.json))
        }
        actions["replay"] = { argument in try await Self.replay(argument, host) }
    }

    mutating func serve(_ orphans: OrphanReport) {
        reports["orphans"] = { _ in try await orphans.json() }
        actions["forget"] = { argument in
            guard let volume = argument["volume"]?.stringValue else {
                throw StatusError.badRequest("volume: expected a string")
            }
            return try await orphans.forget(volume)
        }
    }

    /// Makes a call on record once more: `{"callID", "secrets", "timeoutSeconds"}`, all but the first optional.
    ///
    /// - Returns: The record of the new call.
    private static func replay(_ argument: JSONValue, _ host: DriverHost) async throws -> JSONValue {
        guard let callID = argument["callID"]?.stringValue else {
            throw StatusError.badRequest("callID: expected a string")
        }
        var filter = CallRecordFilter()
        filter.callID = callID
        guard let record = await host.callRecordsWithEarlier(filter).first else {
            throw StatusError(
                code: 404, reason: .notFound,
                message: "there is no call \"\(callID)\" on record. `berth driver calls` lists those there are")
        }
        let secrets = argument["secrets"]?.stringDictionary ?? [:]
        let missing = record.secretNames.filter { secrets[$0] == nil }
        guard missing.isEmpty else {
            throw StatusError.badRequest(
                "the call had secrets, which no record holds: give the values of \(missing.joined(separator: ", "))")
        }
        do {
            var call = try record.repeated(secrets: secrets)
            call.timeout = argument["timeoutSeconds"]?.integerValue.map { .seconds($0) }
            return try await host.outcome(driver: record.driver, call).record.json
        } catch let error as ProtocolError {
            throw StatusError.badRequest("call \(callID) cannot be made again: \(error)")
        } catch let error as DriverCallError {
            throw StatusError(code: 503, reason: .serviceUnavailable, message: error.message)
        }
    }
}

extension CallRecordFilter {
    /// From the query of `/berth/v1/calls`: `driver`, `id`, `volume`, `failed`, `after`, `limit`.
    init(query: [String: String]) throws(StatusError) {
        self.init()
        func count<Number: FixedWidthInteger>(_ name: String, _ type: Number.Type) throws(StatusError) -> Number? {
            guard let text = query[name] else { return nil }
            guard let count = Number(text), count >= 0 else {
                throw .badRequest("the query parameter \(name)=\"\(text)\" is no whole number of 0 or more")
            }
            return count
        }
        let known = ["driver", "id", "volume", "failed", "after", "limit"]
        if let unknown = query.keys.sorted().first(where: { !known.contains($0) }) {
            throw .badRequest("unknown query parameter \"\(unknown)\": there are \(known.joined(separator: ", "))")
        }
        driver = query["driver"]
        callID = query["id"]
        subject = query["volume"]
        failedOnly = query["failed"] == "true"
        after = try count("after", UInt64.self)
        limit = try count("limit", Int.self)
    }
}
