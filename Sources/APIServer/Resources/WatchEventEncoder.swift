import JSONTree
import KubernetesAPI
import NIOCore

/// Writes watch events (`meta/v1` WatchEvent), one a line, in the representation that the client asked for.
struct WatchEventEncoder {
    private let path: ResourcePath
    private let representation: Representation
    private var table: Table?

    init(_ path: ResourcePath, _ representation: Representation, include: Table.Include) {
        self.path = path
        self.representation = representation
        if case .table(let version) = representation {
            table = Table(path.kind, version: version, include: include)
        }
    }

    mutating func write(_ event: WatchEvent, to buffer: inout ByteBuffer) {
        if event.change == .bookmark {
            write("BOOKMARK", bookmark(resourceVersion: event.object.resourceVersion, isInitialEnd: false), to: &buffer)
            return
        }
        switch representation {
        case .object: write(event.change.rawValue, path.encoded(event.object), to: &buffer)
        case .partialMetadata(let version):
            let metadata = PartialMetadata.object(path.decoded(event.object), version: version)
            write(event.change.rawValue, metadata.encoded, to: &buffer)
        case .table: write(event.change.rawValue, row(event.object), to: &buffer)
        }
    }

    func error(_ error: StatusError) -> ByteBuffer {
        var buffer = ByteBuffer()
        write("ERROR", error.status.encoded, to: &buffer)
        return buffer
    }

    func initialEventsEnd(resourceVersion: UInt64) -> ByteBuffer {
        var buffer = ByteBuffer()
        write("BOOKMARK", bookmark(resourceVersion: resourceVersion, isInitialEnd: true), to: &buffer)
        return buffer
    }

    private mutating func row(_ object: StoredObject) -> [UInt8] {
        guard let table else { return path.encoded(object) }
        let bytes =
            table.prefix(resourceVersion: object.resourceVersion) + table.row(path.decoded(object)) + Table.suffix
        // The columns stand in the first event only.
        self.table?.leaveOutColumns()
        return bytes
    }

    private func bookmark(resourceVersion: UInt64, isInitialEnd: Bool) -> [UInt8] {
        var metadata: JSONObject = [
            "resourceVersion": .string(String(resourceVersion)), "creationTimestamp": .null,
        ]
        if isInitialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
        let kind: (String, String) =
            switch representation {
            case .object: (path.kind.kind, path.apiVersion)
            case .partialMetadata(let version), .table(let version):
                ("PartialObjectMetadata", "meta.k8s.io/\(version)")
            }
        let object: JSONValue = [
            "kind": .string(kind.0), "apiVersion": .string(kind.1), "metadata": .object(metadata),
        ]
        guard case .table(let version) = representation else { return object.encoded }
        let table: JSONValue = [
            "kind": "Table", "apiVersion": .string("meta.k8s.io/\(version)"),
            "metadata": ["resourceVersion": .string(String(resourceVersion))], "columnDefinitions": [],
            "rows": [["cells": [], "object": object]],
        ]
        return table.encoded
    }

    private func write(_ type: String, _ object: [UInt8], to buffer: inout ByteBuffer) {
        buffer.writeString("{\"type\":\"")
        buffer.writeString(type)
        buffer.writeString("\",\"object\":")
        buffer.writeBytes(object)
        buffer.writeString("}\n")
    }
}
