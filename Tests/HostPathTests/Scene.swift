import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import HostPathDriver

/// A base directory of its own for each test, and calls about volumes in it.
final class Scene: Sendable {
    let directory: String
    /// The default base directory, in `directory`.
    let base: String

    init() throws {
        var template = Array("/tmp/berth-hostpath-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        base = directory + "/volumes"
    }

    deinit {
        guard let parent = try? OpenFile(trustedDirectory: "/tmp") else { return }
        do {
            try TreeRemoval.erase(String(directory.dropFirst("/tmp/".count)), in: parent)
        } catch {
            Issue.record("\(directory) could not be removed: \(error)")
        }
    }

    func request(
        _ verb: Verb, _ name: String? = "pvc-1", capacityBytes: Int64? = nil, limitBytes: Int64? = nil,
        parameters: [String: String] = [:], claim: ClaimReference? = nil, owner: String? = "berth-1",
        context: [String: String] = [:], callID: String = "c"
    ) -> DriverRequest {
        DriverRequest(
            verb: verb, callID: callID,
            driver: DriverReference(name: "hostpath", config: ["basePath": .string(base)]),
            volume: name.map {
                VolumeRequest(
                    name: $0, capacityBytes: capacityBytes ?? (verb == .provision ? 1 << 20 : nil),
                    limitBytes: limitBytes, context: context)
            },
            parameters: parameters, claim: claim, timeout: .seconds(60), owner: owner)
    }

    func call(_ request: DriverRequest) throws -> DriverReply { try DriverUnderTest.call(request).reply }

    /// Makes a volume, which must succeed.
    @discardableResult
    func provision(
        _ name: String = "pvc-1", parameters: [String: String] = [:], claim: ClaimReference? = nil
    ) throws -> String {
        let reply = try call(request(.provision, name, parameters: parameters, claim: claim))
        let path = reply.volume?.volumeSource?.at("hostPath", "path")?.stringValue
        return try #require(path, "\(reply.error.map { "\($0)" } ?? "no path")")
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

    static func claim(_ name: String, in namespace: String = "team", annotations: [String: String] = [:])
        -> ClaimReference
    {
        ClaimReference(namespace: namespace, name: name, uid: "u-\(namespace)-\(name)", annotations: annotations)
    }
}

/// What the file system says.
enum Disk {
    static func entries(_ path: String) throws -> [String] {
        try DirectoryListing.names(try OpenFile(trustedDirectory: path)).sorted()
    }

    /// Also a symbolic link that leads nowhere is something.
    static func exists(_ path: String) -> Bool { status(path) != nil }

    static func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0, "\(path): errno \(errno)")
        defer { close(descriptor) }
        let count = Glibc.write(descriptor, text, text.utf8.count)
        try #require(count == text.utf8.count)
    }

    static func read(_ path: String) throws -> String {
        let position = try #require(path.lastIndex(of: "/"))
        let directory = try OpenFile(trustedDirectory: String(path[..<position]))
        let file = try OpenFile(String(path[path.index(after: position)...]), beneath: directory, flags: O_RDONLY)
        return String(decoding: try file.readToEnd(limit: 1 << 20), as: UTF8.self)
    }

    static func makeDirectory(_ path: String) throws {
        try #require(mkdir(path, 0o755) == 0, "\(path): errno \(errno)")
    }

    static func link(_ path: String, to target: String) throws {
        try #require(symlink(target, path) == 0, "\(path): errno \(errno)")
    }
}
