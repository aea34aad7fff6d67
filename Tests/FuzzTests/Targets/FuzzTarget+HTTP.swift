import HTTPTypes
import JSONTree
import KubernetesAPI
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import APIServer

extension FuzzTarget {
    /// The bytes of a connection: what SwiftNIO makes requests of goes through all that reads a request before the store
    /// sees it.
    static let http = FuzzTarget(
        "http",
        dictionary: [
            "GET ", "POST ", "PATCH ", "DELETE ", " HTTP/1.1\r\n", "\r\n\r\n", "Content-Type: ", "Content-Length: ",
            "Transfer-Encoding: chunked\r\n", "Accept: ", "/api/v1/namespaces/default/", "/apis/apps/v1/",
            "?watch=true",
            "labelSelector=", "fieldSelector=", "limit=", "continue=", "resourceVersion=", "%2F", "application/json",
            ";as=Table;v=v1;g=meta.k8s.io", "application/apply-patch+yaml", "application/json-patch+json",
            "application/vnd.kubernetes.protobuf", "dryRun=All", "fieldManager=", "gracePeriodSeconds",
        ]
    ) { bytes in
        let channel = EmbeddedChannel(
            handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
        // What is no HTTP ends the connection, and those before it were requests all the same.
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        var head: HTTPRequestHead?
        var body = ByteBuffer()
        while let part = try? channel.readInbound(as: HTTPServerRequestPart.self) {
            switch part {
            case .head(let next): (head, body) = (next, ByteBuffer())
            case .body(var piece): body.writeBuffer(&piece)
            case .end:
                if let head { try answer(head, body) }
                head = nil
            }
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }

    private static func answer(_ head: HTTPRequestHead, _ body: ByteBuffer) throws {
        let contentType = head.headers.first(name: "content-type")
        func check(_ read: () throws(StatusError) -> Void) throws {
            do throws(StatusError) {
                try read()
            } catch {
                try require(
                    (400..<500).contains(error.code), "\(head.uri) was answered \(error.code): \(error.message)")
            }
        }
        try check { () throws(StatusError) in _ = try Representation(accept: head.headers.first(name: "accept")) }
        try check { () throws(StatusError) in
            _ = try RequestDocument.decode(body, contentType: contentType)
        }
        try check { () throws(StatusError) in
            let target = try RequestTarget(head.uri)
            guard case .resource(let path) = try Route(target.segments) else { return }
            switch head.method {
            case .GET: _ = try ListParameters(target.query).options(path)
            case .DELETE:
                _ = try DeleteParameters(target.query, body: try? RequestDocument.json(body).value)
            case .PATCH:
                let type = try PatchType(contentType: contentType)
                let parameters = try WriteParameters(target.query, headers: fields(head.headers), kind: "PatchOptions")
                try type.check(parameters, target.query)
                let patch = try type.patch(try type.document(body).value, path, force: parameters.force ?? false)
                _ = try PatchApplication.apply(
                    patch, to: StoredSeeds.object(path.kind), kind: path.kind, options: parameters.options(path),
                    now: Timestamp(seconds: 1_770_000_000))
            default:
                let parameters = try WriteParameters(target.query, headers: fields(head.headers), kind: "CreateOptions")
                let document = try RequestDocument.decode(body, contentType: contentType)
                _ = try StrictDecoding.decode(
                    document.value, as: path.kind, version: path.version, duplicates: document.duplicates,
                    validation: parameters.fieldValidation)
            }
        }
    }

    private static func fields(_ headers: HTTPHeaders) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        return fields
    }

    static let protobuf = FuzzTarget(
        "protobuf",
        dictionary: ["k8s\u{0}", "\n\u{0C}\n\u{02}v1\u{12}\u{06}Secret", "\u{12}\u{10}\n\u{03}\n\u{01}a", "v1"]
    ) { bytes in
        // The magic is there already: no input but a seed would find it.
        for body in [bytes, Array("k8s\0".utf8) + bytes] {
            let value: JSONValue
            do throws(StatusError) {
                value = try ProtobufEnvelope.decode(ByteBuffer(bytes: body))
            } catch {
                try require(error.code == 400 || error.code == 415, "was answered \(error.code): \(error.message)")
                continue
            }
            try require(value.extent().depth <= ObjectLimits.depth, "\(value.extent().depth) levels were read")
        }
    }
}
