import JSONTree
import KubernetesAPI
import NIOCore
import Testing

@testable import APIServer

@Suite("Bodies in protobuf")
struct ProtobufTests {
    /// A field of bytes: its tag, its length, itself.
    private func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
        [number << 3 | 2] + varint(bytes.count) + bytes
    }

    private func varint(_ number: Int) -> [UInt8] {
        number < 0x80 ? [UInt8(number)] : [UInt8(number & 0x7F) | 0x80] + varint(number >> 7)
    }

    private func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }

    private func envelope(_ apiVersion: String, _ kind: String, _ object: [UInt8]) -> ByteBuffer {
        let type = text(1, apiVersion) + text(2, kind)
        return ByteBuffer(bytes: Array("k8s\0".utf8) + field(1, type) + field(2, object) + text(3, "") + text(4, ""))
    }

    @Test("a Secret is read with its labels, its data in base 64, and its type")
    func secret() throws {
        let metadata = text(1, "s") + text(3, "") + field(8, []) + field(11, text(1, "app") + text(2, "x"))
        let data = text(1, "key") + text(2, "geheim")
        let body = envelope("v1", "Secret", field(1, metadata) + field(2, data) + text(3, "Opaque") + [5 << 3, 1])
        #expect(
            try ProtobufEnvelope.decode(body) == [
                "apiVersion": "v1", "kind": "Secret",
                "metadata": ["name": "s", "namespace": "", "creationTimestamp": .null, "labels": ["app": "x"]],
                "data": ["key": "Z2VoZWlt"], "type": "Opaque", "immutable": true,
            ])
    }

    @Test("a Lease's times and numbers are read")
    func lease() throws {
        let renewTime: [UInt8] = [1 << 3, 0x80, 0xE8, 0x92, 0xCB, 0x06, 2 << 3, 0xE8, 0x07]
        let body = envelope(
            "coordination.k8s.io/v1", "Lease", field(2, text(1, "me") + [2 << 3, 15] + field(4, renewTime)))
        let lease = try ProtobufEnvelope.decode(body)
        #expect(lease.at("spec", "leaseDurationSeconds") == 15)
        #expect(lease.at("spec", "renewTime")?.stringValue.flatMap { Timestamp($0) }?.nanoseconds == 1000)
    }

    @Test("a kind whose message is not known is an unsupported type, not a malformed one")
    func unknownKind() {
        #expect(throws: StatusError.unsupportedMediaType(["application/json", "application/yaml"])) {
            try ProtobufEnvelope.decode(envelope("v1", "Pod", []))
        }
    }

    @Test(
        "bytes that are no message are refused with the place",
        arguments: [
            [], Array("k8s".utf8), Array("k8s\0".utf8) + [0x0A], Array("k8s\0".utf8) + [0x0A, 0xFF, 0xFF, 0x01, 0],
            Array("k8s\0".utf8) + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            Array("k8s\0".utf8) + [0x0B],
        ] as [[UInt8]])
    func malformed(bytes: [UInt8]) {
        #expect(throws: StatusError.self) { try ProtobufEnvelope.decode(ByteBuffer(bytes: bytes)) }
    }

    @Test("a list of more than 300,000 values is refused, which takes two bytes each here and a hundred in memory")
    func manyValues() {
        let finalizers = [UInt8](repeating: 0, count: 600_002).indices.map {
            UInt8($0.isMultiple(of: 2) ? 14 << 3 | 2 : 0)
        }
        let error = #expect(throws: StatusError.self) {
            try ProtobufEnvelope.decode(envelope("v1", "ConfigMap", field(1, finalizers)))
        }
        #expect(
            error?.message.hasSuffix("finalizers has more than 300000 values") == true, "\(String(describing: error))")
    }

    @Test("a namespace in protobuf is created")
    func create() async throws {
        let body = envelope("v1", "Namespace", field(1, text(1, "shop")))
        try await ServerUnderTest.run { server in
            let answer = try await server.send(
                "POST", "/api/v1/namespaces", bytes: Array(body.readableBytesView),
                contentType: "application/vnd.kubernetes.protobuf")
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer.body.at("metadata", "name") == "shop")
        }
    }
}
