import ArgumentParser
import KubernetesAPI

/// The `KIND [NAME…]` or `KIND/NAME…` of a command line.
struct ResourceArgument {
    var kinds: [ResourceKind]
    var names: [String]

    init(_ words: [String]) throws {
        guard let first = words.first else {
            throw ValidationError("name a kind: one of \(Self.known)")
        }
        guard first.contains("/") else {
            kinds = try first.split(separator: ",").map { try Self.kind(String($0)) }
            names = Array(words.dropFirst())
            if kinds.count > 1, !names.isEmpty {
                throw ValidationError("names cannot follow several kinds; write KIND/NAME for each")
            }
            return
        }
        let pairs = try words.map { word in
            let parts = word.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw ValidationError("'\(word)' is not of the form KIND/NAME")
            }
            return (try Self.kind(parts[0]), parts[1])
        }
        guard Set(pairs.map(\.0)).count == 1 else {
            throw ValidationError("KIND/NAME arguments of several kinds at once are not supported; call once for each")
        }
        kinds = [pairs[0].0]
        names = pairs.map(\.1)
    }

    /// By plural, singular, kind, short name, or plural with the group behind a dot.
    static func kind(_ word: String) throws -> ResourceKind {
        let lower = word.lowercased()
        let match = ResourceKind.all.first { kind in
            [kind.plural, kind.singular, kind.groupResource].contains(lower) || kind.shortNames.contains(lower)
        }
        guard let match else { throw ValidationError("there is no kind '\(word)'; there are \(known)") }
        return match
    }

    private static var known: String {
        ResourceKind.all.map { kind in
            kind.shortNames.isEmpty ? kind.plural : "\(kind.plural) (\(kind.shortNames.joined(separator: ", ")))"
        }.joined(separator: ", ")
    }
}
