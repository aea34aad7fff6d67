import DriverHost
import DriverProtocol

extension DriverUnderTest {
    /// Runs one call of a FlexVolume driver to its end, with the arguments that the host would make of the request.
    ///
    /// - Parameter options: Stands for the options, where they shall be none.
    /// - Throws: ``CaseEnd/skip(_:)`` for a request of which no call can be made.
    func callFlexVolume(
        _ request: DriverRequest, options: String? = nil, isCancellable: Bool = true
    ) async throws -> Exchange {
        var (arguments, shownArguments) = try Self.arguments(of: request)
        if let options, let last = arguments.indices.last {
            arguments[last] = options
            shownArguments[last] = options
        }
        ledger.willSend(request)
        let limit = configuration.timeout
        let (hasEnded, ending) = try await process.converse(arguments, isCancellable: isCancellable) { conversation in
            conversation.closeInput()
            return conversation.waitForEnd(before: .now + limit)
        }
        var check = FlexVolumeReplyCheck(secrets: secrets)
        check.check(ending, timedOut: !hasEnded, after: limit)
        let exchange = Exchange(
            callID: request.callID, argument: request.verb.rawValue,
            request: shown(Array(shownArguments.joined(separator: " ").utf8)), output: shown(ending.output),
            errorTail: tail(ending.errorText), ending: "\(ending.status)", duration: ending.duration,
            reply: check.reply?.asDriverReply(to: request), verb: request.verb, subject: Self.subject(of: request))
        watch.add(check.violations, exchange)
        ledger.didReceive(exchange, to: request)
        return exchange
    }

    private static func arguments(of request: DriverRequest) throws -> (real: [String], shown: [String]) {
        do throws(FlexVolumeCallout.Problem) {
            let callout = try FlexVolumeCallout(request)
            return (callout.arguments, callout.recordedArguments)
        } catch {
            switch error {
            // Only a made-up call is asked for, as an unknown one.
            case .noSuchCall: return ([request.verb.rawValue], [request.verb.rawValue])
            case .unfit(let field, let reason): throw CaseEnd.skip("\(reason) (\(field))")
            }
        }
    }
}
