import DriverProtocol
import JSONTree

/// One call of a FlexVolume driver, as kubelet makes it: the directory at hand, the arguments in argv, nothing on stdin,
/// and where the driver answers `Not supported` what kubelet does then.
struct FlexVolumeCall: Sendable {
    let spawner: Spawner
    let executable: String
    let environment: DriverEnvironment
    let driver: DriverReference
    let owner: String?
    let limits: ExchangeLimits
    /// `nil` for `init`, which begins one.
    let session: FlexVolumeSession?

    /// - Parameter cancellation: Ends the call when it is signaled, besides the cancellation of the task.
    func run(_ call: DriverCall, timeout: Duration, cancellation: EventDescriptor? = nil) async -> CallOutcome {
        await attempt(call, timeout: timeout, cancellation: cancellation).outcome
    }

    /// Asks for `init`.
    ///
    /// - Returns: The session that begins with the answer; `nil` where that is none.
    func begin(timeout: Duration) async -> (session: FlexVolumeSession?, outcome: CallOutcome) {
        let (capabilities, outcome) = await attempt(DriverCall(.initialize), timeout: timeout)
        return (capabilities.map(FlexVolumeSession.init), outcome)
    }

    /// The same driver in a session that has begun.
    func continuing(_ session: FlexVolumeSession) -> FlexVolumeCall {
        FlexVolumeCall(
            spawner: spawner, executable: executable, environment: environment, driver: driver, owner: owner,
            limits: limits, session: session)
    }

    private func attempt(
        _ call: DriverCall, timeout: Duration, cancellation: EventDescriptor? = nil
    ) async -> (capabilities: FlexVolumeCapabilities?, outcome: CallOutcome) {
        let callID = CallID.next()
        let now = WallClock.now
        let start = ContinuousClock.now
        let request = call.request(callID: callID, driver: driver, owner: owner, timeout: timeout, now: now)
        var attempt = FlexVolumeAttempt(
            request, record: CallRecord(starting: request, encoded: request.json.encoded, call: call, at: now),
            diagnosis: ReplyDiagnosis(driver: driver.name, callID: callID, call: call, timeout: timeout),
            deadline: start + timeout, cancellation: cancellation)
        let result: Result<DriverReply, DriverCallError>
        do throws(DriverCallError) {
            result = .success(try await make(&attempt))
            attempt.note(nil, duration: start.duration(to: .now))
        } catch {
            result = .failure(error)
            attempt.note(error, duration: start.duration(to: .now))
        }
        return (attempt.capabilities, CallOutcome(result: result, record: attempt.record))
    }

    private func make(_ attempt: inout FlexVolumeAttempt) async throws(DriverCallError) -> DriverReply {
        let request = attempt.request
        if let objection = session?.objection(to: request.verb) { throw attempt.diagnosis.notSupported(objection) }
        let callout = try callout(&attempt)
        let target = FlexVolumeTarget(request)
        if let target, let reason = try attempt.prepare(target) {
            var reply = DriverReply(.success, callID: request.callID)
            reply.message = reason
            return reply
        }
        let reply = try await answer(to: callout, &attempt)
        if let target { try attempt.finish(target) }
        return reply
    }

    private func callout(_ attempt: inout FlexVolumeAttempt) throws(DriverCallError) -> FlexVolumeCallout {
        do throws(FlexVolumeCallout.Problem) {
            let callout = try FlexVolumeCallout(attempt.request)
            attempt.note(callout)
            return callout
        } catch {
            switch error {
            case .noSuchCall(let reason): throw attempt.diagnosis.notSupported(reason)
            case .unfit(let field, let reason):
                throw DriverCallError(
                    .unfitRequest, .invalidArgument,
                    "driver '\(driver.name)': \(attempt.diagnosis.call.subject) was not begun: \(reason) (\(field))",
                    driver: driver.name, callID: attempt.request.callID, outcome: .final)
            }
        }
    }

    /// The driver's answer, or what stands for it.
    private func answer(
        to callout: FlexVolumeCallout, _ attempt: inout FlexVolumeAttempt
    ) async throws(DriverCallError) -> DriverReply {
        let verb = attempt.request.verb
        if session?.isKnownAsUnsupported(verb) == true {
            return try await byDefault(
                &attempt, "it has said so before, and is asked again when its executable changes")
        }
        let process = SpawnRequest(
            executable: executable, arguments: callout.arguments, environment: environment.variables,
            directory: environment.directory, user: environment.user)
        let result = try await run(process, &attempt)
        let reply = try attempt.diagnosis.flexVolumeReply(of: result)
        switch reply.status {
        case .success:
            if verb == .initialize { attempt.capabilities = reply.capabilities }
            var answer = reply.translated(
                to: attempt.request, capabilities: session?.capabilities ?? reply.capabilities)
            answer.message = answer.message.map { attempt.diagnosis.scrubber.scrub($0) }
            return answer
        case .notSupported:
            session?.noteUnsupported(verb)
            return try await byDefault(&attempt, reply.message)
        case .failure(let word): throw attempt.diagnosis.flexVolumeFailure(word, message: reply.message)
        }
    }

    /// - Parameter reason: Why the driver did not do it itself; may be empty.
    private func byDefault(
        _ attempt: inout FlexVolumeAttempt, _ reason: String
    ) async throws(DriverCallError) -> DriverReply {
        guard let session else { throw attempt.diagnosis.notSupported(reason) }
        let substitute = FlexVolumeDefault(
            for: attempt.request, capabilities: session.capabilities, mounts: .current())
        switch substitute {
        case .none(let more):
            throw attempt.diagnosis.notSupported([reason, more ?? ""].filter { !$0.isEmpty }.joined(separator: ". "))
        case .answer(let reply): return reply
        case .run(let command, let reply):
            let process = SpawnRequest(
                executable: "/usr/bin/env", arguments: command, environment: environment.variables, directory: "/")
            let result = try await run(process, &attempt)
            try attempt.diagnosis.checkEnding(of: result)
            guard result.status == .exited(0) else {
                throw attempt.diagnosis.failed(
                    command, result.status, stderr: result.error.text(attempt.diagnosis.scrubber))
            }
            return reply
        }
    }

    private func run(
        _ process: SpawnRequest, _ attempt: inout FlexVolumeAttempt
    ) async throws(DriverCallError) -> ExchangeResult {
        var process = process
        process.purpose = SpawnRequest.Purpose(callID: attempt.request.callID, driver: driver.name)
        let result: ExchangeResult
        do throws(SpawnError) {
            result = try await spawner.exchange(
                process, input: [], deadline: attempt.deadline, limits: limits.hiding(attempt.diagnosis.scrubber),
                cancellation: attempt.cancellation)
        } catch {
            throw DriverCallError(
                .notStarted, .unavailable, "driver '\(driver.name)': \(error)", driver: driver.name,
                callID: attempt.request.callID)
        }
        attempt.note(result)
        return result
    }
}
