import JSONTree
import KubernetesAPI
import Testing

@testable import ObjectStore

/// The rules meet what a decoder let through, and what a patch made of it: whatever stands in a field, they answer.
@Suite("Rules for malformed objects")
struct MalformedObjectTests {
    private static let replacements: [JSONValue?] = [
        nil, .null, true, -1, .number("1.5e300"), "", "ä b/../..", [], [.null], [[:]], ["x", "x"], [:], ["a": .null],
        ["": ["name": 1]],
    ]

    private static let objects: [(ResourceKind, JSONValue)] =
        [
            (.persistentVolumeClaim, ValidObjects.boundClaim), (.persistentVolume, ValidObjects.volume),
            (.storageClass, ValidObjects.storageClass), (.volumeAttachment, ValidObjects.attachment),
            (.secret, ValidObjects.secret), (.configMap, ValidObjects.configMap), (.pod, ValidObjects.pod),
            (.statefulSet, ValidObjects.statefulSet),
        ]
        + VolumeSourceRulesTests.sources.map { type, source in
            (
                .persistentVolume,
                ValidObjects.volume.setting(nil, at: "spec", "nfs").setting(source, at: "spec", type)
            )
        }

    /// Each copy of `value` in which one thing, at any depth, is another one.
    private static func mutations(of value: JSONValue) -> [JSONValue] {
        switch value {
        case .object(let object):
            return object.flatMap { key, member in
                (mutations(of: member).map(Optional.some) + replacements).map { value.setting($0, at: key) }
            }
        case .array(let elements):
            return elements.indices.flatMap { index in
                (mutations(of: elements[index]) + replacements.compactMap(\.self)).map { replacement in
                    var copy = elements
                    copy[index] = replacement
                    return .array(copy)
                }
            }
        default: return []
        }
    }

    @Test("no value in any field stops them", arguments: objects)
    func survive(kind: ResourceKind, object: JSONValue) {
        for mutation in Self.mutations(of: object) {
            var defaulted = mutation
            // Only a bad request, which the signature says.
            _ = Result { () throws(StatusError) in try Defaults.apply(to: &defaulted, kind) }
            for candidate in [mutation, defaulted] {
                var created = candidate
                InitialState.prepareCreation(&created, kind, now: Timestamp(seconds: 0))
                _ = Validation.validateCreate(kind, created)
                _ = Validation.validateUpdate(kind, old: object, new: candidate, subresource: nil)
                _ = Validation.validateUpdate(kind, old: candidate, new: object, subresource: nil)
                _ = Validation.validateUpdate(kind, old: object, new: candidate, subresource: "status")
                _ = Warnings.about(candidate, kind)
            }
        }
    }
}
