import JSONTree

@testable import KubernetesAPI

/// An input of the patches: the kind's plural in the first line, a patch in each further one. A line may begin with
/// `json:`, `merge:`, `strategic:` or `apply:` and is else a patch of the target's own kind. Each patch meets what those
/// before it made, under one of three managers.
extension FuzzTarget {
    private static let words = [
        "json:", "merge:", "strategic:", "apply:", "\n", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}",
        "\"$patch\":\"delete\"",
        "\"$patch\":\"replace\"", "$setElementOrder/finalizers", "$deleteFromPrimitiveList/finalizers", "$retainKeys",
        "\"op\":\"copy\",\"from\":", "\"op\":\"move\",\"from\":", "\"op\":\"add\",\"path\":",
        "/metadata/managedFields/0/fieldsV1",
        "/metadata/finalizers/-", "/spec/containers/0/env/0", "f:metadata", "k:{\"uid\":\"u-1\"}",
        "v:\"example.com/a\"",
        "i:0", "managedFields", "pods\n", "persistentvolumeclaims\n", "statefulsets\n", "null",
    ]

    static let jsonPatch = patches("json-patch") { value, _ in .json(value) }
    static let mergePatch = patches("merge-patch") { value, _ in .merge(value) }
    static let strategicMergePatch = patches("strategic-merge-patch") { value, _ in .strategicMerge(value) }
    static let serverSideApply = patches("server-side-apply") { .apply($0, force: $1) }

    private static func patches(
        _ name: String, _ usual: @escaping @Sendable (JSONValue, _ force: Bool) -> Patch
    ) -> FuzzTarget {
        FuzzTarget(name, dictionary: words) { bytes in
            let lines = bytes.split(separator: 0x0A, maxSplits: 8)
            guard let first = lines.first else { return }
            let plural = String(decoding: first, as: UTF8.self)
            let kind =
                ResourceKind.all.first { $0.plural == plural }
                ?? ResourceKind.all[Int(first[first.startIndex]) % ResourceKind.all.count]
            var current = StoredSeeds.object(kind)
            for (number, line) in lines.dropFirst().enumerated() {
                guard let patch = patch(line, usual, force: number % 2 == 1) else { continue }
                var options = WriteOptions(fieldManager: ["kubectl", "edit", "third"][number % 3])
                if number == 4, kind.hasStatus { options.subresource = "status" }
                if number == 5 { options.fieldValidation = .strict }
                guard let patched = try applied(patch, to: current, kind, options) else { continue }
                current = patched
            }
        }
    }

    private static func patch(
        _ line: ArraySlice<UInt8>, _ usual: (JSONValue, _ force: Bool) -> Patch, force: Bool
    ) -> Patch? {
        let kinds: [(prefix: String, make: (JSONValue) -> Patch)] = [
            ("json:", { .json($0) }), ("merge:", { .merge($0) }), ("strategic:", { .strategicMerge($0) }),
            ("apply:", { .apply($0, force: force) }),
        ]
        for (prefix, make) in kinds where line.starts(with: prefix.utf8) {
            return tree(line.dropFirst(prefix.utf8.count)).map(make)
        }
        return tree(line).map { usual($0, force) }
    }

    /// Read as a request's body is.
    private static func tree(_ text: ArraySlice<UInt8>) -> JSONValue? {
        try? JSONParser.parseReportingDuplicates(text, maximumValues: ObjectLimits.values).value
    }

    /// - Returns: What would be stored; `nil` where it is refused.
    private static func applied(
        _ patch: Patch, to object: JSONValue, _ kind: ResourceKind, _ options: WriteOptions
    ) throws -> JSONValue? {
        let result: JSONValue
        do throws(StatusError) {
            result = try PatchApplication.apply(
                patch, to: object, kind: kind, options: options, now: Timestamp(seconds: 1_770_000_000))
            try ObjectLimits.checkDepth(result, kind, name: "a")
            try ObjectLimits.check(bytes: result.encoded.count, kind, name: "a")
        } catch {
            try require((400..<500).contains(error.code), "a patch was answered \(error.code): \(error.message)")
            return nil
        }
        try require(try JSONParser.parse(result.encoded) == result, "what was made cannot be read again")
        return result
    }
}
