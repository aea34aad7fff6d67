import DriverProtocol
import StorageDriverKit

/// A share in use: the connection, and the handles of the driver's own directories in it.
///
/// `@unchecked Sendable`: ``SessionPool`` gives a session to one call at a time, whose handlers run on one thread, and
/// hands it on under a lock.
final class Session: @unchecked Sendable {
    /// The driver's own directories, beneath ``VolumePath/reserved`` in the share.
    struct Places {
        /// That in which the others lie.
        var own: FileHandle
        /// Volumes' marks.
        var volumes: FileHandle
        /// Which volume has which path.
        var paths: FileHandle
        /// Trees on their way out.
        var trash: FileHandle
        /// Trees that are being copied.
        var copies: FileHandle
        /// Snapshots' marks.
        var snapshots: FileHandle
        /// Snapshots' content.
        var content: FileHandle
    }

    let export: Export
    let files: any FileService
    private var knownPlaces: Places?
    private var knownIdentity: String?

    init(_ export: Export, credential: RPCCredential) throws {
        self.export = export
        switch export.version {
        case .three: files = try NFSVersion3(export, credential: credential)
        case .four: files = try NFSVersion4(export, credential: credential)
        }
    }

    var root: FileHandle { files.root }
    var isReusable: Bool { files.connection.isReusable }

    /// Makes what is missing.
    func places() throws -> Places {
        if let knownPlaces { return knownPlaces }
        let own = try directory(VolumePath.reserved, in: root, makes: true)
        let places = Places(
            own: own,
            volumes: try directory("volumes", in: own, makes: true),
            paths: try directory("paths", in: own, makes: true),
            trash: try directory("trash", in: own, makes: true),
            copies: try directory("copies", in: own, makes: true),
            snapshots: try directory("snapshots", in: own, makes: true),
            content: try directory("content", in: own, makes: true))
        knownPlaces = places
        return places
    }

    /// `nil` where no volume was ever made in this share: makes nothing.
    func existingPlaces() throws -> Places? {
        if let knownPlaces { return knownPlaces }
        guard try files.lookUp(EntryName(VolumePath.reserved), in: root) != nil else { return nil }
        return try places()
    }

    /// The same however the share is reached: two classes may name it with another port, version, alias or patience. A
    /// text in the share, since a server's numbers for its file systems differ between versions of NFS.
    ///
    /// - Returns: `nil` where no volume was ever made in this share.
    func identity() throws -> String? {
        if let knownIdentity { return knownIdentity }
        guard let places = try existingPlaces() else { return nil }
        let name = EntryName("identity")
        if try files.readEntry(name, in: places.own) == nil {
            let text = (0..<4).map { _ in String(UInt32.random(in: 0...UInt32.max), radix: 16) }.joined(separator: "-")
            // Or somebody else's, made in between.
            _ = try files.makeSymbolicLink(name, in: places.own, to: Array(text.utf8CString.dropLast()))
        }
        guard case .symbolicLink(let text) = try files.readEntry(name, in: places.own) else {
            throw DriverError(
                .dataLoss, "'\(VolumePath.reserved)/identity' in \(export) is not what this driver made; remove it",
                outcome: .final)
        }
        knownIdentity = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return knownIdentity
    }

    /// Runs a deletion beside which an equal call of another machine's may delete the same.
    ///
    /// - Returns: false where there is nothing to delete in this share.
    func deleting(
        _ subject: String, _ name: EntryName, markedIn marks: (Places) -> FileHandle, _ body: () throws -> Bool
    ) throws -> Bool {
        do {
            return try body()
        } catch let error as NFSError where error.status == .stale {
            // What was just found is gone. Where the share itself was replaced, this fails as well.
            guard let places = try existingPlaces(), try files.lookUp(name, in: marks(places)) != nil else {
                return false
            }
            throw DriverError(.aborted, "\(subject) is being deleted by another call; ask again later")
        }
    }

    private func directory(_ name: String, in parent: FileHandle, makes: Bool) throws -> FileHandle {
        let entry = EntryName(name)
        var found = try files.lookUp(entry, in: parent)
        if found == nil, makes { found = try files.makeDirectory(entry, in: parent, AttributeChange(mode: 0o700)) }
        // Made by somebody else in between.
        if found == nil { found = try files.lookUp(entry, in: parent) }
        guard let found, found.attributes.type == .directory else {
            throw DriverError(
                .failedPrecondition,
                "'\(name)' in \(export), which the driver keeps for itself, is no directory; move it away",
                outcome: .final)
        }
        return found.handle
    }

    /// The directory in which the last component of a path lies; `nil` where it is not there.
    ///
    /// - Throws: ``DriverError`` `FAILED_PRECONDITION`: a component is a symbolic link or a file.
    func parent(of path: VolumePath, makesMissing: Bool) throws -> FileHandle? {
        var directory = root
        for component in path.parents {
            let name = EntryName(component)
            var found = try files.lookUp(name, in: directory)
            if found == nil {
                guard makesMissing else { return nil }
                found = try files.makeDirectory(name, in: directory, AttributeChange(mode: 0o755))
                if found == nil { found = try files.lookUp(name, in: directory) }
            }
            guard let found, found.attributes.type == .directory else {
                throw DriverError(
                    .failedPrecondition,
                    "'\(component)' in the path \(path) in \(export) is no directory: neither a symbolic link nor a file "
                        + "may stand within a volume's path")
            }
            directory = found.handle
        }
        return directory
    }
}
