import DriverHost
import DriverProtocol
import JSONTree
import Synchronization

/// The driver under test: runs calls of it, looks at each reply, and remembers what was made, to clean it up.
final class DriverUnderTest: Sendable {
    let configuration: ConformanceConfiguration
    let process: TrialProcess
    let secrets: Secrets
    let watch = ReplyWatch()
    let ledger = Ledger()
    /// Sets a run apart from every other, also in the driver's backend.
    let run: String
    /// The name of the host that the suite plays.
    var owner: String { "berth-check-\(run)" }
    private let counter = Atomic<Int>(0)

    init(_ configuration: ConformanceConfiguration, dataDirectory: String) throws(TrialProcess.NotStarted) {
        self.configuration = configuration
        run = configuration.runName
        secrets = Secrets(given: configuration.secrets, marker: "secret-of-\(configuration.runName)-do-not-show")
        var entry = DriverEntry(name: configuration.name, provisioners: [], executable: configuration.executable)
        entry.environment = configuration.environment
        entry.runAs = configuration.runAs
        process = try TrialProcess(entry: entry, dataDirectory: dataDirectory)
    }

    func number() -> Int { counter.wrappingAdd(1, ordering: .relaxed).newValue }

    /// A request as the host would write it.
    func request(_ verb: Verb, volume: VolumeRequest? = nil, owner: String? = nil) -> DriverRequest {
        let timeout = configuration.timeout
        let deadline = RFC3339Time(seconds: Self.now + timeout.components.seconds)
        var request = DriverRequest(
            verb: verb, callID: "check-\(run)-\(number())",
            driver: DriverReference(name: configuration.name, config: configuration.config), volume: volume,
            deadline: "\(deadline)", timeout: timeout, owner: owner ?? self.owner)
        if ![.initialize, .status, .list, .listSnapshots].contains(verb) {
            request.parameters = configuration.parameters
        }
        if ![.initialize, .status].contains(verb) { request.secrets = secrets.values }
        return request
    }

    /// Runs one call to its end.
    ///
    /// - Parameters:
    ///   - input: Other bytes than the request's, for what is no request.
    ///   - isCancellable: Not for cleaning up.
    ///   - observer: Called again and again with the process's id while it runs.
    func call(
        _ request: DriverRequest, argument: String? = nil, input: [UInt8]? = nil, isCancellable: Bool = true,
        observer: (@Sendable (Int32) -> Void)? = nil
    ) async throws -> Exchange {
        if configuration.wireProtocol == .flexVolume {
            return try await callFlexVolume(request, isCancellable: isCancellable)
        }
        ledger.willSend(request)
        let argument = argument ?? request.verb.rawValue
        let limit = configuration.timeout
        let bytes = input ?? request.json.encoded
        let (hasEnded, ending) = try await process.converse([argument], isCancellable: isCancellable) { conversation in
            if let observer { conversation.observeProcesses(observer) }
            conversation.write(bytes)
            conversation.closeInput()
            return conversation.waitForEnd(before: .now + limit)
        }
        var check = ReplyCheck(request: input == nil ? request : nil, secrets: secrets)
        check.check(ending, timedOut: !hasEnded, after: limit)
        let exchange = Exchange(
            callID: request.callID, argument: argument, request: shown(request, input: input),
            output: shown(ending.output), errorTail: tail(ending.errorText), ending: "\(ending.status)",
            duration: ending.duration, reply: check.reply, verb: request.verb, subject: Self.subject(of: request))
        watch.add(check.violations, exchange)
        ledger.didReceive(exchange, to: request)
        return exchange
    }

    static func subject(of request: DriverRequest) -> String {
        let name = request.snapshot?.name ?? request.volume?.name
        return name.map { "\(request.verb) of \($0)" } ?? "\(request.verb)"
    }

    /// What findings show of a request.
    func shown(_ request: DriverRequest, input: [UInt8]? = nil) -> String {
        shown(input ?? request.redacted.json.encoded)
    }

    func shown(_ bytes: [UInt8]) -> String {
        let text = String(decoding: secrets.removing(from: Array(bytes.prefix(8192))), as: UTF8.self)
        guard text.count > 2000 || bytes.count > 8192 else { return text }
        return text.prefix(2000) + " … (\(bytes.count) bytes)"
    }

    func tail(_ error: String) -> String {
        let lines = secrets.removing(from: error).split(separator: "\n", omittingEmptySubsequences: true).suffix(6)
        return String(lines.joined(separator: "\n").suffix(1000))
    }

    private static var now: Int64 { Int64(Clocks.realTimeSeconds) }
}
