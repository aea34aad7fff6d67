import DriverProtocol
import Glibc

/// Where a volume is on this machine before it is mounted, of a driver whose volumes are devices: what `mount` is told.
struct Staging: Sendable {
    /// Where no device ever appears, a case need not wait for as long as a call may.
    private static let patience = Duration.seconds(5)

    var device: String?
    var target: String?

    func write(into request: inout DriverRequest) {
        request.device = device
        request.stagingTarget = target
    }

    /// Attaches the volume to this machine, where the driver attaches volumes, for the time of `body`.
    ///
    /// - Throws: ``CaseEnd`` that skips the case where this machine is no node of the driver's.
    static func onDevice(
        _ context: CaseContext, _ volume: MadeVolume, _ body: (_ device: String?) async throws -> Void
    ) async throws {
        guard context.info.supports(.attach) else { return try await body(nil) }
        let node = NodeReference(name: try hostName())
        let exchange = try await attached(context, .attach, volume, node)
        guard exchange.succeeded else { throw CaseEnd.skip("there is no device: \(exchange.answer) to attach") }
        try await ending {
            var device = exchange.reply?.device
            if context.info.supports(.waitForAttach) {
                let waiting = try await context.call(.waitForAttach, volume.reference) {
                    $0.device = device
                    $0.timeout = patience
                }
                guard waiting.succeeded else { throw CaseEnd.skip("no device appears here: \(waiting.answer)") }
                device = waiting.reply?.device
            }
            try await body(device)
        } with: {
            let exchange = try await attached(context, .detach, volume, node)
            try context.expectSuccess(exchange, .attachTwice, "detach")
        }
    }

    /// Mounts the volume's device, where the driver does, for the time of `body`.
    static func staged(
        _ context: CaseContext, _ volume: MadeVolume, _ body: (Staging) async throws -> Void
    ) async throws {
        try await onDevice(context, volume) { device in
            var stage = Staging(device: device)
            guard context.info.supports(.mountDevice) else { return try await body(stage) }
            stage.target = try context.scratch.directory("staging-\(context.driver.number())")
            let mounting = try await context.call(.mountDevice, volume.reference) { stage.write(into: &$0) }
            try context.expectSuccess(mounting, .mountTwice, "mountdevice")
            let mounted = stage
            try await ending {
                try await body(mounted)
            } with: {
                let exchange = try await context.call(.unmountDevice, volume.reference) { mounted.write(into: &$0) }
                try context.expectSuccess(exchange, .mountTwice, "unmountdevice")
            }
        }
    }

    /// Runs `end` whatever came of `body`, whose error goes first.
    private static func ending(
        _ body: () async throws -> Void, with end: () async throws -> Void
    ) async throws {
        do {
            try await body()
        } catch {
            try? await end()  // the first failure is the one to report
            throw error
        }
        try await end()
    }

    static func attached(
        _ context: CaseContext, _ verb: Verb, _ volume: MadeVolume, _ node: NodeReference
    ) async throws -> Exchange {
        try await context.call(verb, volume.reference) { $0.node = node }
    }

    /// This machine's, by which Kubernetes would know it.
    static func hostName() throws -> String {
        var name = utsname()
        guard uname(&name) == 0 else { throw CaseEnd.skip("this machine has no name") }
        return withUnsafeBytes(of: &name.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
