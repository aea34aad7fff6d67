import DriverProtocol
import JSONTree
import Synchronization

/// What a case works with: the driver, names, sizes, and ways to expect something.
final class CaseContext: Sendable {
    let driver: DriverUnderTest
    let info: DriverInfo
    /// `nil` where the driver takes any parameters, or its schema is broken.
    let schema: ParameterSchema?
    let scratch: ScratchDirectory
    /// For the moments of this case, the same for the same seed.
    let random: Mutex<SeededGenerator>
    private let found = Mutex<[Finding]>([])

    init(driver: DriverUnderTest, info: DriverInfo, scratch: ScratchDirectory, seed: UInt64) {
        self.driver = driver
        self.info = info
        self.scratch = scratch
        schema = info.parameters.flatMap { try? ParameterSchema(json: $0) }
        random = Mutex(SeededGenerator(seed: seed))
    }

    var findings: [Finding] { found.withLock { $0 } }
    var parameters: [String: String] { driver.configuration.parameters }

    // MARK: Names and sizes

    /// A name that no other volume has.
    func name() -> String { "check-\(driver.run)-\(driver.number())" }

    /// The size of a usual volume: as the driver makes it without rounding.
    var size: Int64 { rounded(max(info.minimumBytes, 1 << 20)) }

    func rounded(_ size: Int64) -> Int64 {
        let unit = info.allocationUnitBytes
        let (sum, overflows) = size.addingReportingOverflow(unit - 1)
        return overflows ? Int64.max / unit * unit : sum / unit * unit
    }

    /// A usual volume.
    func volume(_ name: String? = nil, capacityBytes: Int64? = nil) -> VolumeRequest {
        VolumeRequest(
            name: name ?? self.name(), capacityBytes: capacityBytes ?? size,
            accessModes: Array(info.accessModes.prefix(1)), volumeMode: info.volumeModes.first)
    }

    /// The same volume in a call after `provision`.
    func reference(_ wanted: VolumeRequest, _ made: ProvisionedVolume) -> VolumeRequest {
        var volume = wanted
        volume.id = made.id
        volume.context = made.context
        volume.capacityBytes = made.capacityBytes ?? wanted.capacityBytes
        volume.limitBytes = nil
        return volume
    }

    // MARK: Calls

    /// Calls the driver. `Pending` is followed to its end.
    ///
    /// - Throws: ``CaseEnd/skip(_:)`` where there is no answer to look at.
    func call(
        _ verb: Verb, _ volume: VolumeRequest? = nil, owner: String? = nil,
        _ change: (inout DriverRequest) -> Void = { _ in }
    ) async throws -> Exchange {
        var request = driver.request(verb, volume: volume, owner: owner)
        change(&request)
        return try await send(request)
    }

    func send(_ request: DriverRequest) async throws -> Exchange {
        var request = request
        let end = ContinuousClock.now + driver.configuration.timeout
        while true {
            let exchange = try await driver.call(request)
            guard exchange.reply?.status == .pending else { return try offered(try answered(exchange)) }
            guard .now < end else {
                throw CaseEnd.skip("the \(exchange.subject) was Pending for \(driver.configuration.timeout)")
            }
            try await Task.sleep(for: .milliseconds(200))
            request.callID = "\(request.callID)-again"
        }
    }

    /// Calls the driver so many times at the same moment.
    func together(_ count: Int, _ call: @escaping @Sendable () async throws -> Exchange) async throws -> [Exchange] {
        try await withThrowingTaskGroup(of: Exchange.self) { group in
            for _ in 0..<count { group.addTask { try await call() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    func answered(_ exchange: Exchange) throws -> Exchange {
        guard exchange.reply != nil else {
            throw CaseEnd.skip("the \(exchange.subject) got no answer that could be read; see the cases reply/*")
        }
        return exchange
    }

    /// What is declared and not offered is found once, by a case of its own.
    private func offered(_ exchange: Exchange) throws -> Exchange {
        guard exchange.reply?.status == .notSupported, info.supports(exchange.verb) else { return exchange }
        throw CaseEnd.skip("\(exchange.verb) is declared and not offered; see the case init/offered")
    }

    /// Makes a volume that the case needs.
    func makeVolume(_ wanted: VolumeRequest? = nil, owner: String? = nil) async throws -> MadeVolume {
        let wanted = wanted ?? volume()
        let exchange = try await call(.provision, wanted, owner: owner)
        guard exchange.succeeded, let made = exchange.reply?.volume else {
            throw CaseEnd.skip("there is no volume to try it with: \(exchange.answer) to \(exchange.subject)")
        }
        return MadeVolume(wanted: wanted, made: made, reference: reference(wanted, made), exchange: exchange)
    }

    // MARK: What is there

    /// Every volume of an owner, page by page.
    func list(owner: String? = nil, maxEntries: Int? = nil) async throws -> [ProvisionedVolume] {
        var volumes: [ProvisionedVolume] = []
        var token: String?
        for _ in 0..<10_000 {
            let exchange = try await call(.list, owner: owner) { request in
                if token != nil || maxEntries != nil {
                    request.paging = Paging(startingToken: token, maxEntries: maxEntries)
                }
            }
            guard exchange.succeeded, let page = exchange.reply?.volumes else {
                throw CaseEnd.skip("the volumes cannot be listed: \(exchange.answer)")
            }
            volumes += page
            token = exchange.reply?.nextToken
            if token == nil { return volumes }
        }
        throw CaseEnd.skip("the list has no end: each of 10000 pages has a nextToken")
    }

    /// Whether the driver knows the volume; `nil` where it offers neither `get` nor `list`.
    func exists(_ volume: VolumeRequest, owner: String? = nil) async throws -> Bool? {
        if info.supports(.get) {
            let exchange = try await call(.get, volume, owner: owner)
            return exchange.succeeded ? true : exchange.code == .notFound ? false : nil
        }
        guard info.supports(.list) else { return nil }
        return try await list(owner: owner).contains { $0.name == volume.name }
    }

    // MARK: Expectations

    func find(_ rule: ConformanceRule, _ message: String, _ exchanges: Exchange...) {
        found.withLock { $0.append(Finding(rule: rule, message: message, exchanges: exchanges)) }
    }

    /// A success, or a finding and the end of the case.
    @discardableResult
    func expectSuccess(_ exchange: Exchange, _ rule: ConformanceRule, _ what: String) throws -> DriverReply {
        guard exchange.succeeded, let reply = exchange.reply else {
            find(rule, "\(what): \(exchange.answer) to \(exchange.subject), where Success was expected", exchange)
            throw CaseEnd.failed
        }
        return reply
    }

    /// Success or `ABORTED` of equal calls at the same moment, or a finding each.
    func expectOrderly(_ exchanges: [Exchange]) {
        for exchange in exchanges where !exchange.succeeded && exchange.code != .aborted {
            find(.simultaneous, "\(exchange.answer) to one of \(exchanges.count) equal calls at a time", exchange)
        }
    }

    /// A failure with one of these codes, or a finding.
    func expectFailure(
        _ exchange: Exchange, _ codes: DriverError.Code..., rule: ConformanceRule, _ what: String
    ) {
        if let code = exchange.code, codes.contains(code) { return }
        let expected = codes.map(\.rawValue).joined(separator: " or ")
        find(rule, "\(what): \(exchange.answer) to \(exchange.subject), where \(expected) was expected", exchange)
    }
}

/// A volume that a case has made.
struct MadeVolume: Sendable {
    var wanted: VolumeRequest
    var made: ProvisionedVolume
    /// As later calls name it.
    var reference: VolumeRequest
    var exchange: Exchange
    var name: String { wanted.name }
    var size: Int64 { made.capacityBytes ?? wanted.capacityBytes ?? 0 }
}
