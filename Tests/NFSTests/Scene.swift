import DriverProtocol
import Glibc
import JSONTree
import NFSTestServer
import Synchronization
import TestSupport
import Testing

/// A share of its own for each test, and calls about volumes in it, carried out by the driver's executable.
final class Scene: Sendable {
    struct Outcome {
        let reply: DriverReply
        let exitStatus: Int32
        let errors: String
    }

    private static let counter = Mutex(0)

    let server: GaneshaServer
    let version: String
    /// The share as the server's own file system has it.
    let root: String
    /// The host's, as the driver is told.
    let data: String
    private let name: String

    init(version: String = "3", server: GaneshaServer? = nil) throws {
        self.version = version
        self.server = try server ?? SharedServer.get()
        name = "share-\(Self.counter.withLock { $0 += 1; return $0 })"
        root = "\(self.server.directory)/rw/\(name)"
        data = "\(self.server.directory)/data-\(name)"
        try Disk.makeDirectory(root)
        try Disk.makeDirectory(data)
    }

    deinit {
        Disk.removeTree(root)
        Disk.removeTree(data)
    }

    /// What drivers.json gives.
    var config: JSONObject { config(version: version) }

    /// The way to the share by a version of NFS.
    func config(version: String) -> JSONObject {
        var config: JSONObject = [
            "server": "127.0.0.1", "share": .string(server.share("rw/\(name)", version: version)),
            "port": .integer(Int64(server.nfsPort)), "version": .string(version),
        ]
        if version == "3" { config["mountPort"] = .integer(Int64(server.mountPort)) }
        return config
    }

    /// The same as a class gives it.
    var parameters: [String: String] {
        config.reduce(into: [:]) { parameters, member in
            parameters[member.key] = member.value.stringValue ?? member.value.integerValue.map { String($0) }
        }
    }

    func request(
        _ verb: Verb, _ name: String? = "pvc-1", capacityBytes: Int64? = nil, parameters: [String: String] = [:],
        claim: ClaimReference? = nil, owner: String? = "berth-1", context: [String: String] = [:],
        contentSource: ContentSource? = nil, config: JSONObject = [:], callID: String = "c",
        timeout: Duration = .seconds(60)
    ) -> DriverRequest {
        var complete = self.config
        for (name, value) in config { complete[name] = value }
        return DriverRequest(
            verb: verb, callID: callID, driver: DriverReference(name: "nfs", config: complete),
            volume: name.map {
                VolumeRequest(
                    name: $0, capacityBytes: capacityBytes ?? (verb == .provision ? 1 << 20 : nil),
                    contentSource: contentSource, context: context)
            },
            parameters: parameters, claim: claim, timeout: timeout, owner: owner)
    }

    /// - Parameter data: The host's directory, if not this one's; empty for none.
    func child(_ arguments: [String], data: String? = nil) throws -> PipedProcess {
        try PipedProcess(
            [try BuiltProducts.path(of: "nfs-driver")] + arguments, environment: ["BERTH_DATA_DIR=\(data ?? self.data)"]
        )
    }

    /// `<driver> <verb>`, with its request; its answer is read by ``outcome(of:)``.
    func start(_ request: DriverRequest, data: String? = nil) throws -> PipedProcess {
        let child = try child([request.verb.rawValue], data: data)
        child.write(request.json.encoded)
        child.closeInput()
        return child
    }

    func run(_ request: DriverRequest, data: String? = nil) throws -> Outcome {
        try Self.outcome(of: start(request, data: data))
    }

    static func outcome(of child: PipedProcess) throws -> Outcome {
        let (output, errors) = child.readToEnd()
        let status = child.wait()
        let text = String(decoding: errors, as: UTF8.self)
        do {
            return Outcome(
                reply: try DriverReply(json: JSONParser.parse(output)), exitStatus: status >> 8, errors: text)
        } catch {
            throw GaneshaServer.Failure(
                description: "\(error) in '\(String(decoding: output, as: UTF8.self))', status \(status), \(text)")
        }
    }

    @discardableResult
    func call(_ request: DriverRequest) throws -> DriverReply { try run(request).reply }

    /// As another machine makes it, which sees nothing of this one's but the share.
    func callFromElsewhere(_ request: DriverRequest) throws -> DriverReply {
        let data = "\(data)/elsewhere"
        if !Disk.exists(data) { try Disk.makeDirectory(data) }
        return try run(request, data: data).reply
    }

    /// Makes a call and does something else in its midst: before the server gets the first request that matches.
    func call<Other>(
        _ request: DriverRequest, data: String? = nil, before match: RequestMatch, _ action: () throws -> Other
    ) throws -> (reply: DriverReply, other: Other) {
        let relay = try RequestRelay(to: server.nfsPort)
        var request = request
        request.driver.config["port"] = .integer(Int64(relay.port))
        forgetShares()
        defer { forgetShares() }
        let child = try start(request, data: data)
        let other = try relay.carry(for: child, before: match, action)
        let reply = try Self.outcome(of: child).reply
        let answer = reply.error.map { "\($0)" } ?? "\(reply.status)"
        return (reply, try #require(other, "no request matched, and the answer was \(answer)"))
    }

    /// By another port the same share would be listed twice.
    private func forgetShares() {
        let directory = "\(data)/nfs-shares"
        for name in (try? Disk.entries(directory)) ?? [] where name.hasSuffix(".json") {
            unlink("\(directory)/\(name)")
        }
    }

    /// Makes a volume, which must succeed.
    @discardableResult
    func provision(
        _ name: String = "pvc-1", parameters: [String: String] = [:], claim: ClaimReference? = nil,
        contentSource: ContentSource? = nil
    ) throws -> ProvisionedVolume {
        let reply = try call(
            request(.provision, name, parameters: parameters, claim: claim, contentSource: contentSource))
        return try #require(reply.volume, "\(reply.error.map { "\($0)" } ?? "\(reply.status)")")
    }

    /// Deletes a volume, which must succeed.
    func delete(_ name: String = "pvc-1", parameters: [String: String] = [:]) throws {
        let reply = try call(request(.delete, name, parameters: parameters))
        try #require(reply.status == .success, "\(reply.error.map { "\($0)" } ?? "\(reply.status)")")
    }

    /// Names of all volumes of the owner, page by page.
    func list(owner: String? = "berth-1", pageSize: Int? = nil) throws -> [String] {
        var request = request(.list, nil, owner: owner)
        var names: [String] = []
        var token: String?
        repeat {
            request.paging = Paging(startingToken: token, maxEntries: pageSize)
            let reply = try call(request)
            let page = try #require(reply.volumes, "\(reply.error.map { "\($0)" } ?? "no volumes")")
            if let pageSize { #expect(page.count <= pageSize) }
            names += page.compactMap(\.name)
            token = reply.nextToken
        } while token != nil
        return names
    }

    static func claim(
        _ name: String, in namespace: String = "team", labels: [String: String] = [:],
        annotations: [String: String] = [:]
    ) -> ClaimReference {
        ClaimReference(
            namespace: namespace, name: name, uid: "u-\(namespace)-\(name)", labels: labels, annotations: annotations)
    }
}

/// The driver as `serve` runs it.
final class ResidentDriver: Sendable {
    private let child: PipedProcess

    init(_ scene: Scene) throws { child = try scene.child(["serve"]) }

    deinit {
        child.closeInput()
        _ = child.wait()
    }

    func send(_ request: DriverRequest) { child.write(request.json.encoded + [UInt8(ascii: "\n")]) }
    func send(raw line: String) { child.write(Array((line + "\n").utf8)) }

    func reply() throws -> DriverReply { try DriverReply(json: JSONParser.parse(child.readLine())) }

    func call(_ request: DriverRequest) throws -> DriverReply {
        send(request)
        return try reply()
    }
}

/// What every suite of this target needs.
extension Trait where Self == ConditionTrait {
    static var withServer: Self {
        .enabled(if: GaneshaServer.reasonToSkip == nil, "\(GaneshaServer.reasonToSkip ?? "")")
    }
}
