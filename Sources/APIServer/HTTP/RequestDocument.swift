import HTTPTypes
import Hummingbird
import JSONTree
import KubernetesAPI
import NIOCore

/// A request's body, read.
struct RequestDocument {
    enum Format {
        case json, yaml, protobuf
    }

    var value: JSONValue
    /// The path of each key that stood twice.
    var duplicates: [String] = []

    /// - Parameter bytes: Of an object of the API, in the format that `contentType` names; JSON when it names none.
    /// - Throws: `UnsupportedMediaType`, or `BadRequest` with line and column.
    static func decode(_ bytes: ByteBuffer, contentType: String?) throws(StatusError) -> RequestDocument {
        switch try format(contentType) {
        case .json: try json(bytes)
        case .yaml: try yaml(bytes)
        case .protobuf: RequestDocument(value: try ProtobufEnvelope.decode(bytes))
        }
    }

    static func json(_ bytes: ByteBuffer) throws(StatusError) -> RequestDocument {
        do {
            let (value, duplicates) = try JSONParser.parseReportingDuplicates(
                bytes.readableBytesView, maximumValues: ObjectLimits.values)
            return RequestDocument(value: value, duplicates: duplicates)
        } catch {
            throw .badRequest("the body of the request cannot be read as JSON: \(error)")
        }
    }

    /// YAML, and JSON as its subset. A key that stands twice is refused: YAML itself forbids it.
    static func yaml(_ bytes: ByteBuffer) throws(StatusError) -> RequestDocument {
        do {
            return RequestDocument(value: try ManifestDecoder.decodeDocument(Array(bytes.readableBytesView)))
        } catch {
            throw .badRequest(
                "the body of the request cannot be read as YAML: line \(error.line), column \(error.column): \(error.message)"
            )
        }
    }

    private static func format(_ contentType: String?) throws(StatusError) -> Format {
        guard let contentType, !contentType.isEmpty else { return .json }
        switch MediaRange(contentType[...])?.type {
        case "application/json", "*/*": return .json
        case "application/yaml", "application/x-yaml", "text/yaml": return .yaml
        case "application/vnd.kubernetes.protobuf": return .protobuf
        default:
            throw .unsupportedMediaType([
                "application/json", "application/yaml", "application/vnd.kubernetes.protobuf",
            ])
        }
    }
}

extension StatusError {
    static func unsupportedMediaType(_ accepted: [String]) -> StatusError {
        StatusError(
            code: 415, reason: .unsupportedMediaType,
            message: "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    static func requestEntityTooLarge(limit: Int) -> StatusError {
        StatusError(
            code: 413, reason: .requestEntityTooLarge, message: "Request entity too large: limit is \(limit)")
    }
}

extension Request {
    /// The whole body.
    ///
    /// - Throws: `RequestEntityTooLarge`, before anything is read when the length is announced.
    func collectBody(limit: Int) async throws -> ByteBuffer {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw StatusError.requestEntityTooLarge(limit: limit)
        }
        do {
            return try await body.collect(upTo: limit)
        } catch is NIOTooManyBytesError {
            throw StatusError.requestEntityTooLarge(limit: limit)
        }
    }
}
