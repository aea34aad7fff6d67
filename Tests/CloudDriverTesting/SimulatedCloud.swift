public import CloudSimulators
import Foundation
import FoundationNetworking
public import JSONTree
import Logging

/// A simulated cloud for the time of a test, on a free port of this machine.
public protocol SimulatedCloud: Sendable {
    static var cloud: Cloud { get }
    /// `http://127.0.0.1:PORT`
    var url: String { get }

    init(url: String)
}

/// A fifth of the calls of every kind fail, and reads show what was made only after half a second.
public let aFifthOfAllCallsFails = """
    faults:
      - {fault: throttle, rate: 0.04, seed: 1}
      - {fault: serverError, status: 500, rate: 0.03, seed: 2}
      - {fault: serverError, status: 503, rate: 0.02, seed: 3}
      - {fault: resetBefore, rate: 0.04, seed: 4}
      - {fault: resetAfter, rate: 0.04, seed: 5}
      - {fault: halfReply, rate: 0.04, seed: 6}
      - {fault: latency, delay: 100ms, rate: 0.2, seed: 7}
      - {fault: invisible, duration: 500ms, rate: 0.2, seed: 8}

    """

extension SimulatedCloud {
    /// - Parameters:
    ///   - configuration: In YAML, laid over the defaults.
    ///   - faults: Rules, in YAML.
    ///   - contents: Whether disks have bytes; needs a data directory.
    ///   - port: 0: any that is free.
    public static func simulate<Value: Sendable>(
        configuration: String, faults: String?, dataDirectory: String?, contents: Bool, port: Int = 0,
        _ body: @Sendable (Self) async throws -> Value
    ) async throws -> Value {
        var options = CloudSimulatorOptions(addresses: [cloud: .init(host: "127.0.0.1", port: port)])
        options.configuration = .init(name: "test.yaml", content: Array(configuration.utf8))
        options.faults = faults.map { .init(name: "faults.yaml", content: Array($0.utf8)) }
        options.dataDirectory = dataDirectory
        options.hasDiskContents = contents
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return try await CloudSimulator.running(options, logger: logger) { addresses in
            guard let address = addresses[cloud] else { throw TestFailure("\(cloud) has no address") }
            return try await body(Self(url: address.url))
        }
    }

    // MARK: Asked without the driver

    public func addFaults(_ yaml: String) async throws {
        _ = try await text("POST", "/_berth/faults", yaml, type: "application/yaml")
    }

    public func clearFaults() async throws { _ = try await text("DELETE", "/_berth/faults") }

    /// How often each operation was asked for.
    public func requestCounts() async throws -> JSONValue {
        try JSONParser.parse(Array(try await text("GET", "/_berth/requests").utf8))
    }

    public func forgetRequests() async throws { _ = try await text("DELETE", "/_berth/requests") }

    /// The body of the answer to a request, which must succeed.
    ///
    /// - Parameter address: A path, or a whole URL.
    public func text(
        _ method: String, _ address: String, _ body: String = "", type: String = "application/json"
    ) async throws -> String {
        guard let target = URL(string: address.hasPrefix("/") ? url + address : address) else {
            throw TestFailure("\(address) is no URL")
        }
        var request = URLRequest(url: target)
        request.httpMethod = method
        if !body.isEmpty {
            request.httpBody = Data(body.utf8)
            request.setValue(type, forHTTPHeaderField: "Content-Type")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let text = String(decoding: data, as: UTF8.self)
        guard let status = (response as? HTTPURLResponse)?.statusCode, (200..<300).contains(status) else {
            throw TestFailure("\(method) \(address): \(response) \(text)")
        }
        return text
    }
}
