import ArgumentParser
import Foundation
import JSONTree
import KubernetesAPI

/// The objects that `-f` names: files, folders of them, or `-` for standard input.
enum Manifests {
    struct Entry: Sendable {
        var kind: ResourceKind
        var object: JSONValue
        /// For messages: the file it came from.
        var source: String
    }

    static func read(_ paths: [String]) throws -> [Entry] {
        try paths.flatMap { path in
            if path == "-" {
                let data = try FileHandle.standardInput.readToEnd() ?? Data()
                return try decode(data, source: "standard input")
            }
            return try files(path).flatMap { file in
                guard let data = FileManager.default.contents(atPath: file) else {
                    throw CommandFailure("cannot read \(file): \(String(cString: strerror(errno)))")
                }
                return try decode(data, source: file)
            }
        }
    }

    private static func files(_ path: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw CommandFailure("there is no file \(path)")
        }
        guard isDirectory.boolValue else { return [path] }
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
            .filter { name in [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } }.map { path + "/" + $0 }
    }

    private static func decode(_ data: Data, source: String) throws -> [Entry] {
        try ManifestDecoder.decode(Array(data), file: source).map { manifest in
            let object = manifest.object
            let kindName = object["kind"]?.stringValue ?? ""
            let apiVersion = object["apiVersion"]?.stringValue ?? ""
            guard let kind = ResourceKind.named(kind: kindName, apiVersion: apiVersion) else {
                throw CommandFailure(
                    "\(source):\(manifest.line): no kind \"\(kindName)\" in version \"\(apiVersion)\"; check apiVersion and kind"
                )
            }
            return Entry(kind: kind, object: object, source: source)
        }
    }
}
