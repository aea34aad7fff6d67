import DriverHost
import DriverProtocol
import JSONTree

/// Runs a driver through the rules of the specification, alone: no host, no store, no other driver.
///
/// Cases run one after the other, each with volumes of its own names, which are deleted after it whatever happened. At
/// the end nothing is left of the run but the report, also when the task is cancelled: calls that clean up are not.
public struct ConformanceSuite: Sendable {
    private let configuration: ConformanceConfiguration
    /// A driver that hangs would make a run last for hours.
    private static let maximumTimeouts = 4

    public init(_ configuration: ConformanceConfiguration) {
        self.configuration = configuration
    }

    /// What `--only` can name: the cases' ids and titles, in the order in which they run.
    public static var catalogue: [(id: String, title: String, rules: [ConformanceRule])] {
        (allCases + FlexVolumeCases.all).map { ($0.id, $0.title, $0.rules) }
    }

    static let allCases: [ConformanceCase] =
        InitCases.all + InputCases.all + ProvisionCases.all + ValidateCases.all + CapacityCases.all
        + ParameterCases.all + DeleteCases.all + GetCases.all + ListCases.all + OwnerCases.all + ExpandCases.all
        + MeasureCases.all + SnapshotCases.all + NodeCases.all + SecretCases.all + SignalCases.all
        + ResidentCases.all + ReplyCases.all

    /// - Parameter progress: Called after each case, with what came of it.
    /// - Throws: A description of why nothing could be tried: the executable is none, or there is no room.
    public func run(progress: @Sendable (CaseResult) async -> Void = { _ in }) async throws -> ConformanceReport {
        let start = ContinuousClock.now
        let scratch = try ScratchDirectory()
        let driver: DriverUnderTest
        do {
            driver = try DriverUnderTest(configuration, dataDirectory: scratch.dataDirectory)
        } catch {
            _ = scratch.remove()
            throw error
        }
        let (info, obstacle) = await prepare(driver)
        var results: [CaseResult] = []
        var leftovers: [String] = []
        for test in configuration.wireProtocol == .flexVolume ? FlexVolumeCases.all : Self.allCases {
            // What was not tried then is not worth a line each.
            if Task.isCancelled { break }
            let isInScope = configuration.scope == .whole || test.isQuick
            let isChosen = isInScope && configuration.only.map(test.matches) ?? true
            // What is wrong with replies was seen in the chosen cases, and must not go unsaid.
            guard isChosen || test.isAboutReplies else { continue }
            let result = await run(test, driver, info, obstacle, scratch, brokenSoFar: results, &leftovers)
            guard isChosen || !result.findings.isEmpty else { continue }
            results.append(result)
            await progress(result)
        }
        if configuration.wireProtocol == .flexVolume, configuration.only == nil, configuration.scope == .whole {
            for result in FlexVolumeCases.inapplicable {
                results.append(result)
                await progress(result)
            }
        }
        if let left = scratch.remove() { leftovers.append(left) }
        return ConformanceReport(
            driver: info.map { "\($0.name) \($0.version)" }, executable: configuration.executable,
            seed: configuration.seed, results: results, duration: .now - start, isInterrupted: Task.isCancelled,
            leftovers: leftovers)
    }

    /// Asks for `init` and `status`, without which nothing else can be tried.
    ///
    /// - Returns: What the driver says of itself, and why most cases cannot be tried, if they cannot.
    private func prepare(_ driver: DriverUnderTest) async -> (DriverInfo?, String?) {
        do {
            guard let info = try await driver.call(driver.request(.initialize)).reply?.info else {
                return (nil, "the driver does not answer init")
            }
            if let obstacle = Self.missingParameter(info, configuration.parameters) { return (info, obstacle) }
            guard info.supports(.status) else { return (info, nil) }
            let status = try await driver.call(driver.request(.status))
            return (info, status.succeeded ? nil : "the driver is not ready: to status, \(status.answer)")
        } catch {
            return (nil, "\(error)")
        }
    }

    /// A class without a parameter that is required makes no volume.
    private static func missingParameter(_ info: DriverInfo, _ parameters: [String: String]) -> String? {
        guard let schema = info.parameters.flatMap({ try? ParameterSchema(json: $0) }) else { return nil }
        do {
            _ = try schema.validate(parameters)
            return nil
        } catch {
            return "the driver does not take the parameters that were given: \(error). Give them as --parameter k=v"
        }
    }

    private func run(
        _ test: ConformanceCase, _ driver: DriverUnderTest, _ info: DriverInfo?, _ obstacle: String?,
        _ scratch: ScratchDirectory, brokenSoFar results: [CaseResult], _ leftovers: inout [String]
    ) async -> CaseResult {
        let start = ContinuousClock.now
        func result(_ outcome: CaseResult.Outcome) -> CaseResult {
            CaseResult(
                id: test.id, title: test.title, rules: test.rules, outcome: outcome, duration: .now - start)
        }
        if let reason = skipReason(test, driver, info, obstacle, results) { return result(.skipped(reason)) }
        let seed = test.id.utf8.reduce(configuration.seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        // Without an answer to init only the cases run that need none.
        let context = CaseContext(
            driver: driver, info: info ?? DriverInfo(name: "", version: ""), scratch: scratch, seed: seed)
        var skipped: String?
        do {
            try await test.body(context)
        } catch CaseEnd.skip(let reason) {
            skipped = reason
        } catch CaseEnd.failed {
            // The findings say why.
        } catch is CancellationError {
            skipped = "the run was given up"
        } catch {
            skipped = "it could not be tried: \(error)"
        }
        leftovers += await CleanUp(driver).settle()
        if !context.findings.isEmpty { return result(.failed(context.findings)) }
        return result(skipped.map { .skipped($0) } ?? .passed)
    }

    private func skipReason(
        _ test: ConformanceCase, _ driver: DriverUnderTest, _ info: DriverInfo?, _ obstacle: String?,
        _ results: [CaseResult]
    ) -> String? {
        // These look at what is known by then, and are how an obstacle itself is reported.
        let isAlwaysRun = test.isAboutReplies || test.isAboutInit
        if let obstacle, !isAlwaysRun { return obstacle }
        if driver.watch.timeoutCount >= Self.maximumTimeouts, !isAlwaysRun {
            return "\(driver.watch.timeoutCount) calls did not end in time; see the case "
                + (configuration.wireProtocol == .flexVolume ? "flexvolume/reply-in-time" : "reply/in-time")
        }
        guard let info else { return nil }
        let missing = test.needs.filter { !info.supports($0) }
        if !missing.isEmpty {
            return "the driver does not offer \(missing.map(\.rawValue).joined(separator: ", "))"
        }
        let broken = Set(results.flatMap { $0.findings.map(\.rule) }).union(driver.watch.brokenRules)
        if let rule = test.presumes.first(where: broken.contains) {
            return "it cannot be told while \(rule.id) is broken (\(rule.statement))"
        }
        return nil
    }
}
