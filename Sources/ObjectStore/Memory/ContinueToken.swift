import JSONTree
import KubernetesAPI

/// Where a list in pages goes on: behind which object, in the state of which version.
struct ContinueToken {
    var revision: UInt64
    var lastKey: ObjectKey

    init(revision: UInt64, lastKey: ObjectKey) {
        self.revision = revision
        self.lastKey = lastKey
    }

    /// - Throws: `BadRequest` for text that is no token.
    init(_ text: String) throws(StatusError) {
        guard let bytes = try? Base64.decode(text), let tree = try? JSONParser.parse(bytes),
            let revision = tree["rv"]?.stringValue.flatMap({ UInt64($0) }), let name = tree["name"]?.stringValue
        else { throw .badRequest("continue key is not valid: it must be the one that an earlier page gave") }
        self.revision = revision
        lastKey = ObjectKey(namespace: tree["ns"]?.stringValue, name: name)
    }

    /// Opaque to the client.
    var text: String {
        var tree: JSONValue = ["rv": .string(String(revision)), "name": .string(lastKey.name)]
        if let namespace = lastKey.namespace { tree["ns"] = .string(namespace) }
        return Base64.encode(tree.encoded)
    }
}
