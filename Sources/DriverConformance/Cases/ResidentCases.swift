import DriverHost
import DriverProtocol
import Glibc
import JSONTree

/// `<driver> serve`.
enum ResidentCases {
    static let all: [ConformanceCase] = [
        test("answers", "each request is answered while standard input stays open", .residentAnswer) { context in
            let requests = [request(context, .provision, context.volume()), context.driver.request(.initialize)]
            let patience = patience(context)
            let (missing, _) = try await context.driver.serve { talk -> (Exchange, Bool)? in
                for request in requests {
                    talk.send(request)
                    if talk.reply(to: request.callID, before: .now + patience) != nil { continue }
                    talk.conversation.closeInput()
                    let cameLate = talk.reply(to: request.callID, before: .now + .seconds(1)) != nil
                    return (talk.unanswered(request), cameLate)
                }
                return nil
            }
            guard let (exchange, cameLate) = missing else { return }
            context.find(
                .residentAnswer,
                cameLate
                    ? "the answer to \(exchange.subject) came only when standard input ended; it is not flushed"
                    : "\(exchange.subject) was not answered within \(patience), with its callID, while standard input was open",
                exchange)
        },
        test(
            "in-flight", "several requests at a time are answered, each once", .residentInFlight,
            after: [.residentAnswer]
        ) {
            context in
            let requests = (0..<8).map { _ in request(context, .provision, context.volume()) }
            let patience = patience(context)
            let (result, _) = try await context.driver.serve { talk in
                talk.send(requests)
                let deadline = ContinuousClock.now + patience
                for request in requests { _ = talk.reply(to: request.callID, before: deadline) }
                talk.listen(for: .milliseconds(50))
                return (talk.replies, talk.strays, talk.unanswered(requests[0]))
            }
            let (replies, strays, sample) = result
            for request in requests {
                let answers = replies[request.callID] ?? []
                if answers.count != 1 {
                    context.find(
                        .residentInFlight, "one of 8 requests in flight was answered \(answers.count) times",
                        answers.first ?? sample)
                    throw CaseEnd.failed
                }
            }
            if let stray = strays.first {
                context.find(.residentInFlight, "a line belongs to no request in flight: \(stray)", sample)
            }
        },
        test(
            "same-name", "equal requests in flight give one volume", .simultaneous,
            after: [.residentInFlight, .repeatable]
        ) {
            context in
            let wanted = context.volume()
            let requests = (0..<4).map { _ in request(context, .provision, wanted) }
            let patience = patience(context)
            let (exchanges, _) = try await context.driver.serve { talk in
                talk.send(requests)
                return requests.compactMap { talk.reply(to: $0.callID, before: .now + patience) }
            }
            for exchange in exchanges where !exchange.succeeded && exchange.code != .aborted {
                context.find(.simultaneous, "\(exchange.answer) to one of four equal calls in flight", exchange)
            }
            let volume = try await context.makeVolume(wanted)
            for exchange in exchanges where exchange.succeeded {
                ProvisionCases.expectSame(context, volume, exchange, rule: .simultaneous)
            }
            try await ProvisionCases.expectOne(context, wanted.name, rule: .simultaneous, volume.exchange)
        },
        test("same-answers", "it answers as when it is run once per call", .repeatable, after: [.residentAnswer]) {
            context in
            let request = request(context, .provision, context.volume())
            let unknown = unknownRequest(context)
            let patience = patience(context)
            let (exchanges, _) = try await context.driver.serve { talk in
                talk.send(request, unknown)
                return [request, unknown].map { talk.reply(to: $0.callID, before: .now + patience) }
            }
            if let exchange = exchanges[1], exchange.reply?.status != .notSupported {
                context.find(
                    .unknownVerb, "\(exchange.answer) to the verb \(exchange.verb), sent to a resident driver", exchange
                )
            }
            guard let resident = exchanges[0], resident.succeeded, let wanted = request.volume else {
                throw CaseEnd.skip("the resident driver makes no volume")
            }
            let volume = try await context.makeVolume(wanted)
            ProvisionCases.expectSame(context, volume, resident)
        },
        test("bad-line", "a line that is no request does not end it", .residentBadLine, after: [.residentAnswer]) {
            context in
            let lines = ["no json", "[]", "{}", "", "{\"verb\": 5}", String(repeating: "x", count: 70_000)]
            let request = context.driver.request(.initialize)
            let patience = patience(context)
            for line in lines {
                let (answer, ending) = try await context.driver.serve { talk in
                    talk.sendRaw(Array("\(line)\n".utf8))
                    talk.send(request)
                    let reply = talk.reply(to: request.callID, before: .now + patience)
                    return (reply != nil, talk.strays, talk.unanswered(request))
                }
                let (isAnswered, strays, exchange) = answer
                let shown = line.count > 40 ? "\(line.count) letters x" : "\"\(line)\""
                if !isAnswered {
                    context.find(
                        .residentBadLine, "after the line \(shown) no request was answered (\(ending.status))", exchange
                    )
                }
                if let stray = strays.first(where: { $0.contains("Success") }) {
                    context.find(.residentBadLine, "the line \(shown) was answered with \(stray)", exchange)
                }
                guard context.findings.isEmpty else { return }
            }
        },
        test("cancel", "a call that is given up is answered all the same", .residentCancel, after: [.residentAnswer]) {
            context in
            let wanted = context.volume()
            let provision = request(context, .provision, wanted)
            let after = context.driver.request(.initialize)
            let patience = patience(context)
            let (result, _) = try await context.driver.serve { talk in
                talk.send(provision, also: ["cancel": .string(provision.callID)])
                let isAnswered = talk.reply(to: provision.callID, before: .now + patience) != nil
                talk.sendRaw(Array("{\"cancel\": \"nobody-knows-this\"}\n".utf8))
                talk.send(after)
                let goesOn = talk.reply(to: after.callID, before: .now + patience) != nil
                return (isAnswered, goesOn, talk.unanswered(provision), talk.unanswered(after))
            }
            let (isAnswered, goesOn, cancelled, next) = result
            if !isAnswered { context.find(.residentCancel, "a call that was given up was never answered", cancelled) }
            if !goesOn {
                context.find(.residentCancel, "after the cancellation of an unknown call nothing was answered", next)
            }
            guard context.findings.isEmpty else { return }
            let again = try await context.call(.provision, wanted)
            try context.expectSuccess(again, .residentCancel, "the provision after one that was given up")
        },
        test(
            "end", "at the end of input calls in flight are answered, and it exits with 0", .residentEnd,
            after: [.residentAnswer]
        ) { context in
            let requests = (0..<3).map { _ in request(context, .provision, context.volume()) }
            let patience = patience(context)
            let (result, ending) = try await context.driver.serve { talk in
                talk.send(requests)
                talk.conversation.closeInput()
                let deadline = ContinuousClock.now + patience
                let missing = requests.first { talk.reply(to: $0.callID, before: deadline) == nil }
                return (missing.map(talk.unanswered), talk.conversation.waitForEnd(before: .now + .seconds(5)))
            }
            let (missing, hasEnded) = result
            if let missing {
                context.find(.residentEnd, "a call in flight was not answered after the end of standard input", missing)
            } else if !hasEnded {
                context.find(.residentEnd, "5 seconds after the end of standard input it was still there")
            } else if ending.status != .exited(0) {
                context.find(.residentEnd, "at the end of standard input it ended with \(ending.status)")
            }
        },
        test("term", "SIGTERM ends it within 2 seconds", .residentRestart, after: [.residentAnswer]) { context in
            let request = context.driver.request(.initialize)
            let patience = patience(context)
            let (hasEnded, _) = try await context.driver.serve { talk in
                talk.send(request)
                _ = talk.reply(to: request.callID, before: .now + patience)
                talk.conversation.signal(SIGTERM)
                return talk.conversation.waitForEnd(before: .now + .seconds(2))
            }
            if !hasEnded { context.find(.residentRestart, "2 seconds after SIGTERM it was still there") }
        },
        test(
            "crash", "killed and started again it knows what it made", .residentRestart,
            after: [.residentAnswer, .repeatable, .killedProvision]
        ) {
            context in
            let usual = try await context.makeVolume().exchange.duration
            for round in 0..<4 {
                let answered = request(context, .provision, context.volume())
                let inFlight = request(context, .provision, context.volume())
                let patience = patience(context)
                let moment = usual * (Double(round) / 4)
                let (before, _) = try await context.driver.serve { talk in
                    talk.send(answered)
                    let reply = talk.reply(to: answered.callID, before: .now + patience)
                    talk.send(inFlight)
                    talk.listen(for: moment)
                    return reply
                }
                let requests = [answered, inFlight].map { request(context, .provision, $0.volume) }
                let (after, _) = try await context.driver.serve { talk in
                    requests.map { request in
                        talk.send(request)
                        return talk.reply(to: request.callID, before: .now + patience) ?? talk.unanswered(request)
                    }
                }
                for exchange in after where !exchange.succeeded {
                    context.find(
                        .residentRestart, "\(exchange.answer) to a provision that was asked again after SIGKILL",
                        exchange)
                }
                if let before, before.succeeded, let made = before.reply?.volume, let wanted = answered.volume {
                    let volume = MadeVolume(
                        wanted: wanted, made: made, reference: context.reference(wanted, made), exchange: before)
                    ProvisionCases.expectSame(context, volume, after[0], rule: .residentRestart)
                }
                guard context.findings.isEmpty else { return }
            }
        },
        test("deadline", "a call whose deadline has passed is answered soon", .timeLimit, after: [.residentAnswer]) {
            context in
            var request = request(context, .provision, context.volume())
            request.timeout = .milliseconds(1)
            request.deadline = "2020-01-01T00:00:00Z"
            let sent = request
            let (exchange, _) = try await context.driver.serve { talk in
                talk.send(sent)
                return talk.reply(to: sent.callID, before: .now + .seconds(10)) == nil ? talk.unanswered(sent) : nil
            }
            guard let exchange else { return }
            context.find(.timeLimit, "10 seconds after its deadline a call was not answered", exchange)
        },
    ]

    private static func test(
        _ id: String, _ title: String, _ rule: ConformanceRule, after presumed: [ConformanceRule] = [],
        _ body: @escaping @Sendable (CaseContext) async throws -> Void
    ) -> ConformanceCase {
        ConformanceCase(
            "resident/\(id)", title, rule, needs: [.provision], presumes: [.provisionAnswers] + presumed
        ) { context in
            guard context.info.resident else { throw CaseEnd.skip("init does not say that it can be resident") }
            try await body(context)
        }
    }

    private static func request(_ context: CaseContext, _ verb: Verb, _ volume: VolumeRequest?) -> DriverRequest {
        context.driver.request(verb, volume: volume)
    }

    private static func unknownRequest(_ context: CaseContext) -> DriverRequest {
        context.driver.request(Verb(rawValue: "frobnicate"))
    }

    private static func patience(_ context: CaseContext) -> Duration {
        min(context.driver.configuration.timeout, .seconds(10))
    }
}
