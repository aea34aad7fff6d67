import DriverConformance
import Foundation
import Testing

@Suite("Rules")
struct RuleTests {
    static let specification = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Sources/DriverProtocol/Specification.md")

    @Test("the specification and the suite have the same rules")
    func sameRules() throws {
        let text = try String(contentsOf: Self.specification, encoding: .utf8)
        let specified = text.matches(of: /\*\*(R-[A-Z]+-\d+)\*\*/).map { String($0.1) }
        #expect(Set(specified) == Set(ConformanceRule.allCases.map(\.id)))
        #expect(specified.count == Set(specified).count, "each stands once")
    }

    @Test("each rule has a case that can find it broken", arguments: ConformanceRule.allCases)
    func everyRuleHasACase(_ rule: ConformanceRule) {
        #expect(ConformanceSuite.catalogue.contains { $0.rules.contains(rule) })
    }

    @Test("each case has an id of its own")
    func uniqueIDs() {
        let ids = ConformanceSuite.catalogue.map(\.id)
        #expect(Set(ids).count == ids.count)
    }
}
