import JSONTree
import KubernetesAPI
import NIOCore

/// Kubernetes' protobuf body: four bytes of magic, then `runtime.Unknown` with the object's type and its bytes.
enum ProtobufEnvelope {
    private static let magic: [UInt8] = Array("k8s\0".utf8)

    private static let unknown = ProtobufMessage([
        1: .init(
            "typeMeta", .message(ProtobufMessage([1: .init("apiVersion", .string), 2: .init("kind", .string)]))),
        2: .init("raw", .ignored), 3: .init("contentEncoding", .string), 4: .init("contentType", .string),
    ])

    /// The object as JSON has it.
    ///
    /// - Throws: `BadRequest` for bytes that are no such message; `UnsupportedMediaType` for a kind whose message is
    ///   not known.
    static func decode(_ buffer: ByteBuffer) throws(StatusError) -> JSONValue {
        let view = buffer.readableBytesView
        guard view.starts(with: magic) else {
            throw .badRequest("the body of the request is no Kubernetes protobuf: it does not begin with \"k8s\\0\"")
        }
        do {
            let body = view.dropFirst(magic.count)
            let type = try unknown.decode(body)
            let apiVersion = type["typeMeta"]?["apiVersion"]?.stringValue ?? ""
            let kind = type["typeMeta"]?["kind"]?.stringValue ?? ""
            guard let message = ProtobufMessage.named(apiVersion, kind) else {
                throw StatusError.unsupportedMediaType(["application/json", "application/yaml"])
            }
            var object: JSONObject = ["apiVersion": .string(apiVersion), "kind": .string(kind)]
            for (key, value) in try message.decode(raw(body)) where !value.isNull { object[key] = value }
            return .object(object)
        } catch let error as ProtobufError {
            throw .badRequest("the body of the request is no valid protobuf: \(error)")
        } catch let error as StatusError {
            throw error
        } catch {
            throw .internalError("reading a protobuf body failed")
        }
    }

    private static func raw(_ bytes: ByteBufferView) throws(ProtobufError) -> ByteBufferView {
        var reader = ProtobufReader(bytes)
        var raw = bytes.prefix(0)
        while let (number, value) = try reader.next() {
            if number == 2, case .bytes(let bytes) = value { raw = bytes }
        }
        return raw
    }
}
