import Glibc
import JSONTree
import Synchronization

/// `<driver> serve`: each request on a thread of its own.
final class FaultySession: Sendable {
    private struct State {
        var cancelled: Set<String> = []
        var running = 0
        var count = 0
        /// Lines that are written only at the end of input.
        var held: [UInt8] = []
    }

    private let driver: FaultyDriver
    private let state = Mutex(State())

    init(_ driver: FaultyDriver) { self.driver = driver }

    func run() -> Never {
        if driver.fault.breaks("R-RES-6") { signal(SIGTERM, SIG_IGN) }
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(0, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            for byte in buffer[..<count] {
                guard byte == 0x0A else {
                    line.append(byte)
                    continue
                }
                take(line)
                line = []
            }
        }
        while !driver.fault.breaks("R-RES-5"), state.withLock({ $0.running }) > 0 { usleep(1000) }
        writeAll(1, state.withLock { $0.held })
        exit(0)
    }

    private func take(_ line: [UInt8]) {
        guard let request = try? JSONParser.parse(line), request.objectValue != nil,
            let callID = (request["cancel"] ?? request["callID"])?.stringValue
        else {
            if driver.fault.breaks("R-RES-3") { exit(1) }
            write(driver.failure(Refusal("INVALID_ARGUMENT", "that line is no request"), callID: nil))
            return
        }
        if request["cancel"] != nil {
            _ = state.withLock { $0.cancelled.insert(callID) }
            return
        }
        let number = state.withLock { state in
            state.running += 1
            state.count += 1
            return state.count
        }
        start { [self] in
            let reply = driver.answer(request, verb: request["verb"]?.stringValue ?? "")
            let isDropped = driver.fault.breaks("R-RES-4") && state.withLock { $0.cancelled.contains(callID) }
            if !isDropped { write(reply) }
            if driver.fault.breaks("R-RES-2"), number > 2 { write(reply) }
            state.withLock { $0.running -= 1 }
        }
    }

    private func write(_ reply: JSONValue) {
        let line = reply.encoded + [0x0A]
        guard !driver.fault.breaks("R-RES-1") else {
            state.withLock { $0.held += line }
            return
        }
        writeAll(1, line)
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
        guard reason == 0 else { exit(72) }
        pthread_detach(thread)
    }
}
