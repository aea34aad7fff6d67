import AsyncHTTPClient
import Foundation
import JSONTree
import Logging
import NIOCore
import NIOHTTP1

@testable import CloudSimulators

/// The ledger, served over real sockets, and a client that does not repeat what failed.
struct LedgerUnderTest: Sendable {
    let address: CloudSimulatorOptions.Address

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        var body: String

        var json: JSONValue { (try? JSONParser.parse(Array(body.utf8))) ?? .null }
    }

    static func run<Value: Sendable>(
        faults: String? = nil, configuration: String? = nil, dataDirectory: String? = nil,
        _ body: @Sendable (LedgerUnderTest) async throws -> Value
    ) async throws -> Value {
        var options = CloudSimulatorOptions(addresses: [.aws: .init(host: "127.0.0.1", port: 0)])
        options.faults = faults.map { .init(name: "faults.yaml", content: Array($0.utf8)) }
        options.configuration = configuration.map { .init(name: "clouds.yaml", content: Array($0.utf8)) }
        options.dataDirectory = dataDirectory
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return try await CloudSimulator.running(
            options, services: [.aws: { try LedgerService($0) }], logger: logger
        ) { addresses in
            guard let address = addresses[.aws] else { throw CancellationError() }
            return try await body(LedgerUnderTest(address: address))
        }
    }

    func send(_ method: String, _ path: String, _ body: String = "", timeout: TimeAmount = .seconds(30)) async throws
        -> Answer
    {
        var request = HTTPClientRequest(url: address.url + path)
        request.method = HTTPMethod(rawValue: method)
        if !body.isEmpty { request.body = .bytes(Array(body.utf8)) }
        let response = try await HTTPClient.shared.execute(request, timeout: timeout)
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: bytes))
    }
}
