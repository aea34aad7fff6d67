public import DriverProtocol
public import JSONTree

extension DriverHost {
    /// Runs one verb of an executable alone: no host, no registration, no other call. For `berth driver register`, which
    /// asks for `init`, and for an author who tries a driver out.
    ///
    /// The executable is inspected first, as a registered one is.
    ///
    /// - Parameters:
    ///   - path: Absolute or relative to the current directory.
    ///   - environment: Added to the clean environment that drivers get.
    ///   - dataDirectory: Where the driver finds `BERTH_DATA_DIR`; `nil`: nowhere.
    ///   - owner: The identity of the host for which the driver is to act; `nil`: none.
    /// - Returns: What the call came to, with its record: stdout, stderr, exit status, duration.
    public static func probe(
        executable path: String, _ call: DriverCall = DriverCall(.initialize), name: String = "probe",
        config: JSONObject = [:], environment: [String: String] = [:], dataDirectory: String? = nil,
        owner: String? = nil, limits: DriverLimits = DriverLimits(), wireProtocol: DriverEntry.WireProtocol = .berth
    ) async -> CallOutcome {
        var entry = DriverEntry(name: name, provisioners: [], executable: absolutePath(path), mode: .once)
        entry.environment = environment
        let driver = DriverReference(name: name, config: config)
        do throws(ExecutableProblem) {
            _ = try ExecutableInspection.inspect(entry.executable)
            if wireProtocol == .flexVolume {
                return await probeFlexVolume(
                    FlexVolumeCall(
                        spawner: Spawner(), executable: entry.executable,
                        environment: try DriverEnvironment(entry: entry, dataDirectory: dataDirectory), driver: driver,
                        owner: owner, limits: limits.exchange, session: nil), call)
            }
            let once = OnceCall(
                spawner: Spawner(), executable: entry.executable,
                environment: try DriverEnvironment(entry: entry, dataDirectory: dataDirectory), driver: driver,
                owner: owner, limits: limits.exchange)
            let timeout = call.timeout ?? CallTimeouts().timeout(for: call.verb, info: nil)
            let outcome = await once.run(call, timeout: timeout)
            guard call.verb == .initialize else { return outcome }
            return checked(outcome, driver: name)
        } catch {
            let now = WallClock.now
            let request = call.request(callID: CallID.next(), driver: driver, owner: owner, timeout: .zero, now: now)
            var record = CallRecord(starting: request, encoded: request.json.encoded, call: call, at: now)
            let failure = DriverCallError(.notReady, .failedPrecondition, error.message, driver: name)
            record.error = failure
            return CallOutcome(result: .failure(failure), record: record)
        }
    }

    /// As Kubernetes does, asks for `init` before anything else.
    private static func probeFlexVolume(_ flexVolume: FlexVolumeCall, _ call: DriverCall) async -> CallOutcome {
        func timeout(_ verb: Verb) -> Duration { call.timeout ?? CallTimeouts().timeout(for: verb, info: nil) }
        let (session, outcome) = await flexVolume.begin(timeout: timeout(.initialize))
        guard let session, call.verb != .initialize else { return outcome }
        return await flexVolume.continuing(session).run(call, timeout: timeout(call.verb))
    }

    /// An answer to `init` that this host cannot work with is a failure.
    private static func checked(_ outcome: CallOutcome, driver: String) -> CallOutcome {
        var outcome = outcome
        do throws(DriverCallError) {
            _ = try DriverInfo(checking: outcome, driver: driver)
        } catch {
            outcome.result = .failure(error)
            outcome.record.error = error
        }
        return outcome
    }
}
