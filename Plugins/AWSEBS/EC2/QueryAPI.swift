import CloudHTTP
import DriverProtocol

/// An API of Amazon's query protocol: a form goes in, XML comes out.
struct QueryAPI: Sendable {
    let client: HTTPClient
    let endpoint: Endpoint
    let version: String
    let signer: SigV4Signer
    let retries: Retries

    /// Calls an action until it is settled, as long as there is time.
    ///
    /// - Parameters:
    ///   - parameters: As EC2's API reference names them, `Filter.1.Name` and so on.
    ///   - isRepeatable: Whether it does no harm when the action is carried out twice. Otherwise it is sent again only
    ///     where EC2 has turned it down.
    ///   - credentials: Asked before each try; `nil`: the request is not signed.
    ///   - refused: Told of credentials that were not accepted; says whether other ones may be.
    /// - Returns: The answer's root element.
    func call(
        _ action: String, _ parameters: [(name: String, value: String)], isRepeatable: Bool = true,
        deadline: ContinuousClock.Instant?,
        credentials: @Sendable () async throws -> SigV4Signer.Credentials?,
        refused: @Sendable (SigV4Signer.Credentials) -> Bool
    ) async throws(EC2Failure) -> XMLElement {
        let form = PercentEncoding.query([("Action", action), ("Version", version)] + parameters)
        var request = HTTPRequest(
            .post, endpoint, headers: ["Content-Type": "application/x-www-form-urlencoded; charset=utf-8"],
            body: Array(form.utf8))
        request.isRepeatable = isRepeatable
        let unsigned = request
        var used: SigV4Signer.Credentials?
        var signingError: DriverError?
        var mayHaveBeenCarriedOut = false
        var renewals = 0
        let attempts = await retries.run(
            action, deadline: deadline,
            judge: { outcome in
                let answer = Answer(outcome)
                if answer.mayHaveBeenCarriedOut { mayHaveBeenCarriedOut = true }
                switch answer {
                case .document: return .settled
                case .refusal(let code, _, let after):
                    switch EC2ErrorKind(code) {
                    case .throttled: return .throttled(after: after)
                    case .transient: return isRepeatable ? .again(after: after) : .settled
                    case .expired, .unauthenticated:
                        guard renewals == 0, let used, refused(used) else { return .settled }
                        renewals += 1
                        return .again()
                    default: return .settled
                    }
                case .nothing(let failure, let after):
                    guard signingError == nil else { return .settled }
                    return isRepeatable || !failure.mayHaveArrived ? .again(after: after) : .settled
                }
            },
            attempt: { () async throws(HTTPFailure) in
                do {
                    used = try await credentials()
                } catch let error as DriverError {
                    signingError = error
                    throw HTTPFailure(.notSent, mayHaveArrived: false, error.message)
                } catch {
                    throw HTTPFailure(.cancelled, mayHaveArrived: false, "\(action) was given up before it was signed")
                }
                let signed = used.map { signer.signed(unsigned, with: $0, at: WallClock.now) } ?? unsigned
                return try await client.send(signed, deadline: deadline)
            })
        if let signingError {
            throw EC2Failure(
                action: action, reason: .unsigned(signingError), mayHaveArrived: mayHaveBeenCarriedOut)
        }
        let earlier = mayHaveBeenCarriedOut || attempts.mayHaveArrived
        switch Answer(attempts.outcome) {
        case .document(let root): return root
        case .refusal(let code, let message, _):
            throw EC2Failure(
                action: action, reason: .refused(code: code, message: message), mayHaveArrived: earlier,
                nextTryAfter: attempts.nextTryAfter)
        case .nothing(let failure, _):
            throw EC2Failure(
                action: action, reason: .unanswered(failure), mayHaveArrived: earlier,
                nextTryAfter: attempts.nextTryAfter)
        }
    }

    /// What came back, read.
    private enum Answer {
        case document(XMLElement)
        case refusal(code: String, message: String, after: Duration?)
        case nothing(HTTPFailure, after: Duration?)

        init(_ outcome: Result<HTTPReply, HTTPFailure>) {
            let reply: HTTPReply
            switch outcome {
            case .failure(let failure):
                self = .nothing(failure, after: nil)
                return
            case .success(let whole): reply = whole
            }
            let root = try? XMLElement.parse(reply.body)  // what is no XML is judged by its status
            if let root, reply.isSuccess {
                self = .document(root)
            } else if let error = root?.at("Errors", "Error") ?? root?["Error"], let code = error.string("Code") {
                self = .refusal(code: code, message: error.string("Message") ?? "", after: reply.retryAfter)
            } else if reply.status == 429 {
                self = .refusal(code: "RequestLimitExceeded", message: "HTTP status 429", after: reply.retryAfter)
            } else if reply.status >= 500 {
                self = .refusal(code: "InternalError", message: "HTTP status \(reply.status)", after: reply.retryAfter)
            } else {
                let what = "the answer, with HTTP status \(reply.status), is none of this API's; check the endpoint"
                self = .nothing(HTTPFailure(.lost, mayHaveArrived: reply.isSuccess, what), after: nil)
            }
        }

        var mayHaveBeenCarriedOut: Bool {
            switch self {
            case .document: false
            case .refusal(let code, _, _): EC2ErrorKind(code) == .transient
            case .nothing(let failure, _): failure.mayHaveArrived
            }
        }
    }
}
