import DriverHost
import DriverProtocol
import Glibc
import JSONTree
import Synchronization

/// Calls that are ended half-way, at many moments, and what becomes of them.
enum SignalCases {
    private static let foundations: [ConformanceRule] = [
        .provisionAnswers, .repeatable, .deleted, .deleteTwice, .deleteByName, .listComplete, .getAgrees, .termination,
    ]

    static let all: [ConformanceCase] = [
        ConformanceCase(
            "kill/term", "SIGTERM ends a call within 2 seconds", .termination, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            let usual = try await duration(context)
            for share in [0.1, 0.3, 0.5, 0.7] {
                let attempt = try await attempt(
                    context, context.driver.request(.provision, volume: context.volume()), SIGTERM, after: usual * share
                )
                guard !attempt.hasEnded else { continue }
                context.find(.termination, "2 seconds after SIGTERM it was still there", attempt.exchange)
                throw CaseEnd.failed
            }
        },
        ConformanceCase(
            "kill/provision", "a provision that was killed is completed by the same call, and there is one volume",
            .killedProvision, needs: [.provision, .delete], presumes: foundations
        ) { context in
            try await atManyMoments(context, calls: 6) { wanted, signal, moment in
                let request = context.driver.request(.provision, volume: wanted)
                let attempt = try await attempt(context, request, signal, after: moment)
                let again = try await context.call(.provision, wanted)
                try context.expectSuccess(
                    again, .killedProvision, "the same provision after one that \(attempt.description) ended")
                let third = try await context.makeVolume(wanted)
                ProvisionCases.expectSame(context, third, again, rule: .killedProvision)
                try await expectList(context, has: wanted.name, again)
                let deletion = try await context.call(.delete, third.reference)
                try context.expectSuccess(
                    deletion, .killedProvision, "delete of a volume that was made in two attempts")
                try await DeleteCases.expectGone(context, third, .killedProvision, deletion)
            }
        },
        ConformanceCase(
            "kill/delete", "a delete that was killed is completed by the same call, and nothing is left", .killedDelete,
            needs: [.provision, .delete], presumes: foundations
        ) { context in
            try await atManyMoments(context, calls: 5) { wanted, signal, moment in
                let volume = try await context.makeVolume(wanted)
                let request = context.driver.request(.delete, volume: volume.reference)
                let attempt = try await attempt(context, request, signal, after: moment)
                let again = try await context.call(.delete, volume.reference)
                try context.expectSuccess(again, .killedDelete, "delete after one that \(attempt.description) ended")
                try await DeleteCases.expectGone(context, volume, .killedDelete, again)
            }
        },
        ConformanceCase(
            "kill/then-delete", "a provision that was killed is undone by delete with the name alone",
            .killedThenDeleted,
            needs: [.provision, .delete], presumes: foundations
        ) { context in
            try await atManyMoments(context, calls: 4) { wanted, signal, moment in
                let request = context.driver.request(.provision, volume: wanted)
                let attempt = try await attempt(context, request, signal, after: moment)
                let deletion = try await context.call(.delete, wanted)
                try context.expectSuccess(
                    deletion, .killedThenDeleted, "delete after a provision that \(attempt.description) ended")
                let nothing = MadeVolume(
                    wanted: wanted, made: ProvisionedVolume(id: wanted.name), reference: wanted, exchange: deletion)
                try await DeleteCases.expectGone(context, nothing, .killedThenDeleted, deletion)
            }
        },
    ]

    private struct Attempt {
        /// Whether the process had ended 2 seconds after the signal.
        var hasEnded: Bool
        /// As `SIGKILL after 3 ms`.
        var description: String
        var exchange: Exchange
    }

    /// A call that gets a signal at a moment, with all that it has started. What it answers does not count.
    private static func attempt(
        _ context: CaseContext, _ request: DriverRequest, _ signal: CInt, after moment: Duration
    ) async throws -> Attempt {
        let driver = context.driver
        driver.ledger.willSend(request)
        let bytes = request.json.encoded
        let (hasEnded, ending) = try await driver.process.converse([request.verb.rawValue]) { conversation in
            conversation.write(bytes)
            conversation.closeInput()
            if conversation.waitForEnd(before: .now + moment) { return true }
            conversation.signal(signal)
            return conversation.waitForEnd(before: .now + .seconds(2))
        }
        let description =
            "\(signal == SIGTERM ? "SIGTERM" : "SIGKILL") after \(Double(moment / .microseconds(10)) / 100) ms"
        let exchange = Exchange(
            callID: request.callID, argument: request.verb.rawValue, request: driver.shown(request),
            output: driver.shown(ending.output), errorTail: driver.tail(ending.errorText), ending: "\(ending.status)",
            duration: ending.duration, reply: nil, verb: request.verb, subject: DriverUnderTest.subject(of: request))
        return Attempt(hasEnded: hasEnded, description: description, exchange: exchange)
    }

    /// Repeats `body` with moments all over the time that a provision takes, and some beyond, SIGTERM and SIGKILL in
    /// turn.
    ///
    /// - Parameter calls: How many calls a round has, to keep the whole within seconds.
    private static func atManyMoments(
        _ context: CaseContext, calls: Int, _ body: (VolumeRequest, CInt, Duration) async throws -> Void
    ) async throws {
        let usual = try await duration(context)
        let affordable = Int(Duration.milliseconds(1500) / (usual * Double(calls)))
        let rounds = context.driver.configuration.killMoments ?? min(max(affordable, 6), 40)
        for round in 0..<rounds {
            let offset = context.random.withLock { Double.random(in: 0..<1, using: &$0) }
            let moment = usual * (1.1 * (Double(round) + offset) / Double(rounds))
            try await body(context.volume(), round % 2 == 0 ? SIGKILL : SIGTERM, moment)
            guard context.findings.isEmpty else { return }
        }
    }

    /// How long a provision takes: the shorter of two.
    private static func duration(_ context: CaseContext) async throws -> Duration {
        let first = try await context.makeVolume().exchange.duration
        return min(first, try await context.makeVolume().exchange.duration)
    }

    /// The volume, once, and nothing that nobody has asked for: the owner is of this run alone.
    private static func expectList(_ context: CaseContext, has name: String, _ exchange: Exchange) async throws {
        guard context.info.supports(.list) else { return }
        let list = try await context.list()
        let count = list.count { $0.name == name }
        if count != 1 { context.find(.killedProvision, "list has \(name) \(count) times", exchange) }
        if let stray = list.first(where: { !($0.name ?? "").contains(context.driver.run) }) {
            context.find(
                .killedProvision, "list has \"\(stray.name ?? stray.id)\", which nobody has asked for", exchange)
        }
    }
}
