import Glibc
import JSONTree
import Synchronization

/// Requests as lines, each on a thread of its own, so that one that waits holds up no other.
final class ResidentSession: Sendable {
    private let plan: Plan
    private let cancelled = Mutex<Set<String>>([])
    private let counts = Mutex<[String: Int]>([:])

    init(plan: Plan) {
        self.plan = plan
    }

    func run() -> Never {
        let actions = Actions(plan: plan, verb: "serve", callID: "", isResident: true, isCancelled: { false })
        _ = plan.recordCall(verb: "serve", request: nil)
        _ = actions.run(plan.onServe)
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { exit(0) }
            for byte in buffer[..<count] {
                guard byte == 0x0A else {
                    line.append(byte)
                    continue
                }
                take(line)
                line = []
            }
        }
    }

    private func take(_ line: [UInt8]) {
        guard let request = try? JSONParser.parse(line) else { return }
        if let callID = request["cancel"]?.stringValue {
            _ = plan.recordCall(verb: "cancel", request: line)
            cancelled.withLock { _ = $0.insert(callID) }
            return
        }
        let verb = request["verb"]?.stringValue ?? ""
        let logged = plan.recordCall(verb: verb, request: line)
        // Without a log, the calls of this process are counted.
        let counted = counts.withLock { counts in
            defer { counts[verb, default: 0] += 1 }
            return counts[verb] ?? 0
        }
        let script = plan.script(of: verb, call: max(logged, counted)) ?? [["do": "succeed"]]
        let callID = request["callID"]?.stringValue ?? ""
        start { [self] in
            let actions = Actions(
                plan: plan, verb: verb, callID: callID, isResident: true,
                isCancelled: { self.cancelled.withLock { $0.contains(callID) } })
            _ = actions.run(script)
        }
    }

    private final class Job: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        var thread = pthread_t()
        let job = Unmanaged.passRetained(Job(body))
        let reason = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<Job>.fromOpaque(context).takeRetainedValue().body() }
                return nil
            }, job.toOpaque())
        guard reason == 0 else {
            writeAll(2, Array("ScriptedDriver: no thread\n".utf8))
            exit(72)
        }
        pthread_detach(thread)
    }
}
