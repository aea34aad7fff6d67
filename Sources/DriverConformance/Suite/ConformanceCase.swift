import DriverProtocol

/// One thing that is tried out.
struct ConformanceCase: Sendable {
    /// `topic/what`.
    let id: String
    /// What a driver does that passes, in a sentence.
    let title: String
    /// Those that it can find broken, the main one first.
    let rules: [ConformanceRule]
    /// What the driver must offer for it.
    let needs: [Capability]
    /// Rules without which the case cannot tell: where one is known to be broken, it is skipped.
    let presumes: [ConformanceRule]
    let body: @Sendable (CaseContext) async throws -> Void

    init(
        _ id: String, _ title: String, _ rules: ConformanceRule..., needs: [Verb] = [], features: [Capability] = [],
        presumes: [ConformanceRule] = [], body: @escaping @Sendable (CaseContext) async throws -> Void
    ) {
        self.id = id
        self.title = title
        self.rules = rules
        self.needs = needs.map { Capability($0) } + features
        self.presumes = presumes
        self.body = body
    }

    /// Whether it is part of ``ConformanceConfiguration/Scope/quick``.
    var isQuick: Bool {
        isAboutInit || rules == [.malformedRequest] || rules == [.unknownVerb] || rules == [.flexVolumeUnknownCall]
    }
    var isAboutInit: Bool { id.hasPrefix("init/") || id == "flexvolume/init" }
    /// Looks at what was seen in all calls of the run.
    var isAboutReplies: Bool { id.hasPrefix("reply/") || id.hasPrefix("flexvolume/reply-") }

    /// - Parameter pattern: A part of the id or of a rule's, or a whole with `*` for anything. Letter case is ignored.
    func matches(_ pattern: String) -> Bool {
        ([id] + rules.map(\.id)).contains { Self.matches($0.lowercased(), pattern.lowercased()) }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard pattern.contains("*") else { return text.contains(pattern) }
        let pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard let first = pieces.first, let last = pieces.last, text.hasPrefix(first) else { return false }
        var rest = text.dropFirst(first.count)
        for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
            guard let range = rest.firstRange(of: piece) else { return false }
            rest = rest[range.upperBound...]
        }
        return rest.hasSuffix(last)
    }
}

/// Ends a case before its end.
enum CaseEnd: Error {
    /// What the case stands on does not work; that is found elsewhere, or is no fault.
    case skip(String)
    /// A finding was made after which there is nothing more to see.
    case failed
}
