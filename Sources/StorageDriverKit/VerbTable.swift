import DriverProtocol
import Synchronization

/// A driver as a table of verbs: the one place where what a driver conforms to becomes what it says it can do, and
/// where what a handler returns or throws becomes a reply.
struct VerbTable: Sendable {
    typealias Handler = @Sendable (DriverRequest) async throws -> DriverReply

    /// As `init` answers it.
    let info: DriverInfo
    private let checks: RequestChecks
    private let handlers: [Verb: Handler]
    /// `nil` in a table that is for one registration.
    private let registrations: Registrations?
    private let unavailable: [Verb: String]

    /// - Throws: ``ProtocolError``: the driver's own description of its parameters is wrong.
    init(_ driver: some StorageDriver) throws(ProtocolError) {
        try self.init(driver, driver.info, Registrations(driver))
    }

    private init(
        _ driver: some StorageDriver, _ declared: DriverInfo, _ registrations: Registrations?
    ) throws(ProtocolError) {
        let checks = try RequestChecks(declared)
        var handlers = Self.handlers(driver, checks)
        for verb in driver.unavailable.keys { handlers[verb] = nil }
        let verbs = Verb.all.filter { handlers[$0] != nil }
        var info = declared
        let features = declared.capabilities.filter { feature in !Verb.all.contains { Capability($0) == feature } }
        info.capabilities = verbs.map { Capability($0) } + features
        let answer = info
        handlers[.initialize] = { _ in
            var reply = DriverReply(.success)
            reply.info = answer
            return reply
        }
        self.info = info
        self.checks = checks
        self.handlers = handlers
        self.registrations = registrations
        unavailable = driver.unavailable
    }

    /// The tables of a driver that says other things of itself depending on how it is registered.
    private final class Registrations: Sendable {
        /// A host's process of a driver serves one registration; only a tester's many.
        private static let limit = 16

        private let make: @Sendable (DriverReference) throws(ProtocolError) -> VerbTable?
        private let tables = Mutex<[DriverReference: VerbTable?]>([:])

        init(_ driver: some StorageDriver) {
            make = { (reference) throws(ProtocolError) in
                let info = driver.info(for: reference)
                return info == driver.info ? nil : try VerbTable(driver, info, nil)
            }
        }

        /// - Returns: `nil` where the driver says of itself what it always says.
        func table(for reference: DriverReference) throws(ProtocolError) -> VerbTable? {
            if let known = tables.withLock({ $0[reference] }) { return known }
            let table = try make(reference)
            tables.withLock { tables in
                if tables.count >= Self.limit { tables.removeAll() }
                tables[reference] = .some(table)
            }
            return table
        }
    }

    /// Carries out one call. Never throws: whatever happens has a reply.
    ///
    /// - Parameter interruption: Asked when a handler was cancelled: why.
    func reply(to request: DriverRequest, interruption: () -> DriverError) async -> DriverReply {
        var reply = await outcome(of: request, interruption: interruption)
        reply.callID = request.callID
        if var error = reply.error {
            error.message = DriverLog.scrub(error.message, of: request.secrets)
            reply.error = error
        }
        return reply
    }

    private func outcome(of request: DriverRequest, interruption: () -> DriverError) async -> DriverReply {
        do {
            if let table = try registrations?.table(for: request.driver) {
                return await table.outcome(of: request, interruption: interruption)
            }
        } catch {
            return .failure(DriverError(.internal, "the driver \(info.name) describes itself wrongly: \(error)"))
        }
        guard let handler = handlers[request.verb] else {
            let reason = unavailable[request.verb].map { ": \($0)" } ?? ""
            return .notSupported("\(info.name) does not offer the verb \(request.verb)\(reason)")
        }
        do {
            let reply = try await handler(try checks.complete(request))
            try reply.checkContent(for: request.verb)
            try checkCapacity(of: reply, request)
            return reply
        } catch let error as DriverError {
            return .failure(error)
        } catch let pending as PendingOperation {
            var reply = DriverReply(.pending)
            reply.operation = pending.operation
            reply.progress = pending.progress
            return reply
        } catch let error as InvalidParameters {
            return .failure(error.driverError)
        } catch is CancellationError {
            return .failure(interruption())
        } catch {
            let text = "\(request.verb) failed within the driver \(info.name): \(error)"
            return .failure(DriverError(.internal, text, outcome: .unknown))
        }
    }

    /// A volume of another size than was asked for must not reach a claim, whichever handler made it.
    private func checkCapacity(of reply: DriverReply, _ request: DriverRequest) throws(DriverError) {
        guard request.verb == .provision || request.verb == .expandVolume, let wanted = request.volume,
            let made = reply.volume?.capacityBytes
        else { return }
        guard made >= wanted.capacityBytes ?? 0, made <= wanted.limitBytes ?? .max else {
            let limit = wanted.limitBytes.map { " and at most \($0)" } ?? ""
            throw DriverError(
                .internal,
                "the driver \(info.name) made \(made) bytes where at least \(wanted.capacityBytes ?? 0)\(limit) were "
                    + "asked for; that is a fault of the driver",
                outcome: .unknown)
        }
    }

    private static func handlers<Driver: StorageDriver>(
        _ driver: Driver, _ checks: RequestChecks
    ) -> [Verb: Handler] {
        var handlers: [Verb: Handler] = [
            .status: { request in
                try await driver.status(request)
                return DriverReply(.success)
            },
            .validate: { request in
                var reply = DriverReply(.success)
                reply.volume = try await driver.validate(try checks.volumeCall(request))
                return reply
            },
            .provision: { request in
                var volume = try await driver.provision(try checks.volumeCall(request))
                volume.contentSource = volume.contentSource ?? request.volume?.contentSource
                return volumeReply(volume, request)
            },
            .delete: { request in
                try await driver.delete(try checks.volumeCall(request))
                return DriverReply(.success)
            },
        ]
        addVolumeHandlers(driver, checks, to: &handlers)
        addSnapshotHandlers(driver, checks, to: &handlers)
        addNodeHandlers(driver, checks, to: &handlers)
        return handlers
    }

    private static func addVolumeHandlers(
        _ driver: any StorageDriver, _ checks: RequestChecks, to handlers: inout [Verb: Handler]
    ) {
        if let driver = driver as? any VolumeReading {
            handlers[.get] = { volumeReply(try await driver.get(try checks.volumeCall($0)), $0) }
        }
        if let driver = driver as? any VolumeListing {
            handlers[.list] = { request in
                let page = try await driver.list(checks.listCall(request))
                var reply = DriverReply(.success)
                reply.volumes = page.entries
                reply.nextToken = page.nextToken
                return reply
            }
        }
        if let driver = driver as? any VolumeExpanding {
            handlers[.expandVolume] = { request in
                let expanded = try await driver.expandVolume(try checks.volumeCall(request))
                var reply = volumeReply(expanded.volume, request)
                reply.nodeExpansionRequired = expanded.nodeExpansionRequired
                return reply
            }
        }
        if let driver = driver as? any CapacityReporting {
            handlers[.capacity] = { request in
                var reply = DriverReply(.success)
                reply.capacity = try await driver.capacity(request)
                return reply
            }
        }
        if let driver = driver as? any VolumeModifying {
            handlers[.modify] = { volumeReply(try await driver.modify(try checks.volumeCall($0)), $0) }
        }
        if let driver = driver as? any StatsReporting {
            handlers[.stats] = { request in
                var reply = DriverReply(.success)
                reply.stats = try await driver.stats(try checks.volumeCall(request))
                return reply
            }
        }
    }

    private static func addSnapshotHandlers(
        _ driver: any StorageDriver, _ checks: RequestChecks, to handlers: inout [Verb: Handler]
    ) {
        guard let driver = driver as? any SnapshotTaking else { return }
        handlers[.createSnapshot] = { request in
            var snapshot = try await driver.createSnapshot(try checks.snapshotCall(request))
            snapshot.name = snapshot.name ?? request.snapshot?.name
            var reply = DriverReply(.success)
            reply.snapshot = snapshot
            return reply
        }
        handlers[.deleteSnapshot] = { request in
            try await driver.deleteSnapshot(try checks.snapshotCall(request))
            return DriverReply(.success)
        }
        handlers[.listSnapshots] = { request in
            let page = try await driver.listSnapshots(checks.listCall(request))
            var reply = DriverReply(.success)
            reply.snapshots = page.entries
            reply.nextToken = page.nextToken
            return reply
        }
    }

    private static func addNodeHandlers(
        _ driver: any StorageDriver, _ checks: RequestChecks, to handlers: inout [Verb: Handler]
    ) {
        if let driver = driver as? any VolumeAttaching {
            handlers[.attach] = { request in
                let node = try checks.required(request.node, "node", request)
                var reply = DriverReply(.success)
                reply.device = try await driver.attach(try checks.volumeCall(request), to: node)
                return reply
            }
            handlers[.detach] = { request in
                let node = try checks.required(request.node, "node", request)
                try await driver.detach(try checks.volumeCall(request), from: node)
                return DriverReply(.success)
            }
            handlers[.isAttached] = { request in
                let node = try checks.required(request.node, "node", request)
                var reply = DriverReply(.success)
                reply.attached = try await driver.isAttached(try checks.volumeCall(request), to: node)
                return reply
            }
            handlers[.waitForAttach] = { request in
                var reply = DriverReply(.success)
                reply.device = try await driver.waitForAttach(try checks.volumeCall(request))
                return reply
            }
        }
        if let driver = driver as? any DeviceMounting {
            handlers[.mountDevice] = { request in
                let target = try checks.required(request.stagingTarget, "stagingTarget", request)
                try await driver.mountDevice(try checks.volumeCall(request), at: target)
                return DriverReply(.success)
            }
            handlers[.unmountDevice] = { request in
                let target = try checks.required(request.stagingTarget, "stagingTarget", request)
                try await driver.unmountDevice(try checks.volumeCall(request), from: target)
                return DriverReply(.success)
            }
        }
        if let driver = driver as? any VolumeMounting {
            handlers[.mount] = { request in
                let target = try checks.required(request.target, "target", request)
                try await driver.mount(try checks.volumeCall(request), at: target)
                return DriverReply(.success)
            }
            handlers[.unmount] = { request in
                let target = try checks.required(request.target, "target", request)
                try await driver.unmount(try checks.volumeCall(request), from: target)
                return DriverReply(.success)
            }
        }
        if let driver = driver as? any FileSystemExpanding {
            handlers[.expandFS] = { request in
                try await driver.expandFileSystem(try checks.volumeCall(request))
                return DriverReply(.success)
            }
        }
    }

    private static func volumeReply(_ volume: ProvisionedVolume, _ request: DriverRequest) -> DriverReply {
        var reply = DriverReply(.success)
        reply.volume = volume
        reply.volume?.name = volume.name ?? request.volume?.name
        return reply
    }
}
