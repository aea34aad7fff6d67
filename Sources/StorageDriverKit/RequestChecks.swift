import DriverProtocol

/// What is checked before a handler runs, from what the driver says of itself.
struct RequestChecks: Sendable {
    let info: DriverInfo
    private let parameters: ParameterSchema?
    private let mutableParameters: ParameterSchema?

    /// - Throws: ``ProtocolError``: one of the driver's own schemas is wrong.
    init(_ info: DriverInfo) throws(ProtocolError) {
        self.info = info
        if let json = info.parameters {
            do {
                parameters = try ParameterSchema(json: json)
            } catch {
                throw ProtocolError(
                    path: "info.parameters.\(error.path)", expected: error.expected, found: error.found)
            }
        } else {
            parameters = nil
        }
        if let json = info.mutableParameters {
            do {
                mutableParameters = try ParameterSchema(json: json)
            } catch {
                throw ProtocolError(
                    path: "info.mutableParameters.\(error.path)", expected: error.expected, found: error.found)
            }
        } else {
            mutableParameters = nil
        }
    }

    /// The request with its parameters checked, where it would make something of them, and completed.
    func complete(_ request: DriverRequest) throws(DriverError) -> DriverRequest {
        guard ProtocolVersion.isSupported(request.protocolVersion) else {
            throw DriverError(
                .invalidArgument,
                "the request is written in protocol \(request.protocolVersion); this driver speaks "
                    + info.protocolVersions.joined(separator: ", "),
                field: "protocol")
        }
        var request = request
        switch request.verb {
        case .validate, .provision, .capacity:
            do {
                if let parameters { request.parameters = try parameters.validate(request.parameters) }
            } catch {
                throw error.driverError
            }
        default:
            if let parameters { request.parameters = parameters.completed(request.parameters) }
        }
        if let mutableParameters, request.verb == .modify {
            do {
                request.mutableParameters = try mutableParameters.validate(request.mutableParameters)
            } catch {
                throw error.driverError
            }
        }
        return request
    }

    func volumeCall(_ request: DriverRequest) throws(DriverError) -> VolumeCall {
        guard let volume = request.volume else { throw missing("volume", request.verb) }
        switch request.verb {
        case .validate, .provision:
            try info.checkModes(of: volume)
            try checkContentSource(volume)
            return VolumeCall(volume: volume, capacityBytes: try info.capacityBytes(for: volume), request: request)
        case .expandVolume:
            guard volume.capacityBytes != nil else { throw missing("volume.capacityBytes", request.verb) }
            return VolumeCall(volume: volume, capacityBytes: try info.capacityBytes(for: volume), request: request)
        default:
            return VolumeCall(volume: volume, capacityBytes: volume.capacityBytes ?? 0, request: request)
        }
    }

    func snapshotCall(_ request: DriverRequest) throws(DriverError) -> SnapshotCall {
        guard let snapshot = request.snapshot else { throw missing("snapshot", request.verb) }
        if request.verb == .createSnapshot, request.volume == nil { throw missing("volume", request.verb) }
        return SnapshotCall(snapshot: snapshot, volume: request.volume, request: request)
    }

    func listCall(_ request: DriverRequest) -> ListCall {
        ListCall(
            startingToken: request.paging?.startingToken, maxEntries: request.paging?.maxEntries, request: request)
    }

    func required<Value>(_ value: Value?, _ field: String, _ request: DriverRequest) throws(DriverError) -> Value {
        guard let value else { throw missing(field, request.verb) }
        return value
    }

    private func missing(_ field: String, _ verb: Verb) -> DriverError {
        DriverError(.invalidArgument, "the verb \(verb) needs \(field), which the request does not give", field: field)
    }

    private func checkContentSource(_ volume: VolumeRequest) throws(DriverError) {
        let needed: Capability
        switch volume.contentSource {
        case nil: return
        case .snapshot: needed = .restore
        case .volume: needed = .clone
        }
        guard info.supports(needed) else {
            throw DriverError(
                .invalidArgument,
                "\(info.name) makes empty volumes only: it does not offer \(needed)", field: "volume.contentSource")
        }
    }
}
