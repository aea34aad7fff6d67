import AsyncHTTPClient
import Foundation
import JSONTree
import NIOCore
import NIOHTTP1

/// Requests to a simulated cloud's own endpoint, `/_berth`.
struct SimulatorConnection: Sendable {
    /// Without a path: `http://127.0.0.1:4566`.
    let url: String

    /// - Returns: The answer's body; `null` when it has none.
    /// - Throws: ``CommandFailure`` with what the simulator said, or why it was not reached.
    func send(_ method: String, _ path: String, _ body: JSONValue? = nil) async throws -> JSONValue {
        let target = url + (path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path)
        var request = HTTPClientRequest(url: target)
        request.method = HTTPMethod(rawValue: method)
        if let body { request.body = .bytes(body.encoded) }
        let status: UInt
        let bytes: ByteBuffer
        do {
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            status = response.status.code
            bytes = try await response.body.collect(upTo: 4 << 20)
        } catch {
            throw CommandFailure("no simulated cloud answers at \(url): \(error). Start one with berth cloud")
        }
        let answer = bytes.readableBytes == 0 ? .null : try? JSONParser.parse(bytes.readableBytesView)
        guard (200..<300).contains(status), let answer else {
            throw CommandFailure(
                answer?["error"]?.stringValue ?? "\(url) answered \(status): it is no simulated cloud of Berth's")
        }
        return answer
    }
}
