import CNFS
import Glibc

/// NFSv4.0 (RFC 7530): each operation is one COMPOUND that begins with the handle that it is about.
///
/// libnfs 4.0.0's own calls by path cannot set the mode or the owner of a directory under NFSv4, since they open it
/// first; a SETATTR of our own can. Only making a file needs state on the server, an open that is closed at once; data
/// is read and written with the anonymous state (RFC 7530, 9.1.4.3).
final class NFSVersion4: FileService {
    let connection: Connection
    let root: FileHandle
    /// libnfs 4.0.0 encodes a COMPOUND into a buffer of 4 KiB and a little.
    let transferSize = (read: 256 * 1024, write: 3 * 1024)
    private var client: OpenClient

    /// Connects, and walks from the server's pseudo-root to the share.
    init(_ export: Export, credential: RPCCredential) throws {
        connection = try Connection(
            server: export.server, port: export.port ?? 2049, program: NFS4_PROGRAM, version: NFS_V4,
            credential: credential, patience: export.patience)
        client = OpenClient()
        let components = export.share.utf8.split(separator: UInt8(ascii: "/")).map {
            EntryName(String(Substring($0)))
        }
        var result: Result<FileHandle, NFSError>?
        try Self.compound(
            [.putRoot] + components.map { .lookUp($0) } + [.getHandle], "LOOKUP", "\(export)", connection
        ) { result = $0.flatMap { $0.handle(at: components.count + 1) } }
        try connection.run { result == nil }
        guard let result else { throw CancellationError() }
        root = try result.get()
    }

    // MARK: Operations

    func lookUp(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<FoundFile>) throws {
        try compound([.put(directory), .lookUp(name), .getHandle, .getAttributes], "LOOKUP", "\(name)") {
            completion($0.flatMap { $0.found(at: 2) })
        }
    }

    func getAttributes(_ file: FileHandle, _ completion: @escaping Completion<FileAttributes>) throws {
        try compound([.put(file), .getAttributes], "GETATTR", "") { completion($0.flatMap { $0.attributes(at: 1) }) }
    }

    func setAttributes(_ file: FileHandle, _ change: AttributeChange, _ completion: @escaping Completion<Void>) throws {
        try compound([.put(file), .setAttributes(change)], "SETATTR", "") { completion($0.map { _ in }) }
    }

    func makeDirectory(
        _ name: EntryName, in directory: FileHandle, _ attributes: AttributeChange,
        _ completion: @escaping Completion<FoundFile>
    ) throws {
        try compound(
            [.put(directory), .makeDirectory(name, attributes), .getHandle, .getAttributes], "CREATE", "\(name)"
        ) { completion($0.flatMap { $0.found(at: 2) }) }
    }

    func makeSymbolicLink(
        _ name: EntryName, in directory: FileHandle, to target: [CChar], _ completion: @escaping Completion<Void>
    ) throws {
        try compound([.put(directory), .makeLink(name, target)], "CREATE", "\(name)") { completion($0.map { _ in }) }
    }

    func readLink(_ link: FileHandle, _ completion: @escaping Completion<[CChar]>) throws {
        try compound([.put(link), .readLink], "READLINK", "") { completion($0.flatMap { $0.link(at: 1) }) }
    }

    /// NFSv4's REMOVE takes directories too, if they are empty: what was no directory a moment ago is not worth a
    /// request more.
    func removeFile(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<Void>) throws {
        try compound([.put(directory), .remove(name)], "REMOVE", "\(name)") { completion($0.map { _ in }) }
    }

    /// LOOKUP, and NVERIFY that it is a directory, come first: REMOVE would take a file as well.
    func removeDirectory(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<Void>) throws {
        try compound(
            [.put(directory), .lookUp(name), .verifyDirectory, .put(directory), .remove(name)], "REMOVE", "\(name)"
        ) { result in
            completion(
                result.map { _ in }.mapError { error in
                    // NOT_SAME of VERIFY.
                    error.status?.rawValue == 10027
                        ? NFSError(operation: "REMOVE", subject: "\(name)", cause: .status(.notDirectory)) : error
                })
        }
    }

    func rename(
        _ name: EntryName, in directory: FileHandle, to newName: EntryName, in newDirectory: FileHandle,
        _ completion: @escaping Completion<Void>
    ) throws {
        try compound([.put(directory), .save, .put(newDirectory), .rename(name, newName)], "RENAME", "\(name)") {
            completion($0.map { _ in })
        }
    }

    func readDirectory(
        _ directory: FileHandle, from position: DirectoryPosition, byteLimit: UInt32,
        _ completion: @escaping Completion<DirectoryPage>
    ) throws {
        try compound([.put(directory), .readDirectory(position, byteLimit)], "READDIR", "") {
            completion($0.flatMap { $0.page(at: 1, after: position) })
        }
    }

    func space(_ completion: @escaping Completion<FileSystemSpace>) throws {
        try compound([.put(root), .getSpace], "GETATTR", "") { completion($0.flatMap { $0.space(at: 1) }) }
    }

    func read(_ file: FileHandle, offset: UInt64, count: Int, _ completion: @escaping Completion<FileData>) throws {
        try compound([.put(file), .read(offset, UInt32(count))], "READ", "") {
            completion($0.flatMap { $0.data(at: 1) })
        }
    }

    func write(
        _ bytes: ArraySlice<UInt8>, to file: FileHandle, offset: UInt64, isDurable: Bool,
        _ completion: @escaping Completion<Void>
    ) throws {
        let piece = bytes.prefix(transferSize.write)
        try compound([.put(file), .write(piece, offset, isDurable: isDurable)], "WRITE", "") { [self] result in
            switch result.flatMap({ $0.writtenCount(at: 1) }) {
            case .failure(let error): completion(.failure(error))
            case .success(let written):
                let rest = bytes.dropFirst(written)
                if rest.isEmpty { return completion(.success(())) }
                guard written > 0 else {
                    return completion(
                        .failure(NFSError(operation: "WRITE", subject: "", cause: .malformed("wrote nothing"))))
                }
                attempt(completion) {
                    try write(rest, to: file, offset: offset + UInt64(written), isDurable: isDurable, completion)
                }
            }
        }
    }

    func commit(_ file: FileHandle, _ completion: @escaping Completion<Void>) throws {
        try compound([.put(file), .commit], "COMMIT", "") { completion($0.map { _ in }) }
    }

    // MARK: Making a file

    /// OPEN, OPEN_CONFIRM where the server wants it, CLOSE: three requests, each with an owner of its own, so that many
    /// files can be made at a time.
    func createFile(
        _ name: EntryName, in directory: FileHandle, mode: UInt32, _ completion: @escaping Completion<FileHandle>
    ) throws {
        try withClientID(completion) { [self] clientID in
            client.openOwners += 1
            let owner = OpenOwner(clientID: clientID, number: client.openOwners)
            try compound([.put(directory), .create(name, mode, owner), .getHandle], "OPEN", "\(name)") { [self] reply in
                switch reply.flatMap({ $0.opened(at: 1) }) {
                case .failure(let error):
                    if error.status == .staleClientID || error.status == .expired { client.id = nil }
                    completion(.failure(error))
                case .success(let open):
                    attempt(completion) { try confirm(open, completion) }
                }
            }
        }
    }

    private func confirm(_ open: CompoundReply.Open, _ completion: @escaping Completion<FileHandle>) throws {
        guard open.needsConfirmation else { return try close(open.handle, open.state, sequence: 1, completion) }
        try compound([.put(open.handle), .confirmOpen(open.state, 1)], "OPEN_CONFIRM", "") { [self] reply in
            switch reply.flatMap({ $0.confirmedState(at: 1) }) {
            case .failure(let error): completion(.failure(error))
            case .success(let state):
                attempt(completion) { try close(open.handle, state, sequence: 2, completion) }
            }
        }
    }

    private func close(
        _ file: FileHandle, _ state: stateid4, sequence: UInt32, _ completion: @escaping Completion<FileHandle>
    ) throws {
        try compound([.put(file), .close(state, sequence)], "CLOSE", "") { completion($0.map { _ in file }) }
    }

    /// The server's number for this connection as a holder of opens; asked for when the first file is made. Calls that
    /// come while it is asked for wait in line.
    private func withClientID<Value>(
        _ completion: @escaping Completion<Value>, _ body: @escaping (UInt64) throws -> Void
    ) throws {
        if let id = client.id { return try body(id) }
        client.waiting.append { [self] result in
            switch result {
            case .failure(let error): completion(.failure(error))
            case .success(let id): attempt(completion) { try body(id) }
            }
        }
        guard client.waiting.count == 1 else { return }
        try compound([.setClientID(client.name)], "SETCLIENTID", "") { [self] reply in
            switch reply.flatMap({ $0.client(at: 0) }) {
            case .failure(let error): answerWaiting(.failure(error))
            case .success(let given): confirm(given.id, given.verifier)
            }
        }
    }

    private func confirm(_ id: UInt64, _ verifier: UInt64) {
        do throws(NFSError) {
            try compound([.confirmClientID(id, verifier)], "SETCLIENTID_CONFIRM", "") { [self] reply in
                answerWaiting(reply.map { _ in id })
            }
        } catch {
            answerWaiting(.failure(error))
        }
    }

    private func answerWaiting(_ result: Result<UInt64, NFSError>) {
        client.id = try? result.get()
        let waiting = client.waiting
        client.waiting = []
        for completion in waiting { completion(result) }
    }

    // MARK: Compounds

    private func compound(
        _ operations: [CompoundOperation], _ name: String, _ subject: String,
        _ completion: @escaping (Result<CompoundReply, NFSError>) -> Void
    ) throws(NFSError) {
        try Self.compound(operations, name, subject, connection, completion)
    }

    private static func compound(
        _ operations: [CompoundOperation], _ name: String, _ subject: String, _ connection: Connection,
        _ completion: @escaping (Result<CompoundReply, NFSError>) -> Void
    ) throws(NFSError) {
        let arena = ArgumentArena()
        var arguments = COMPOUND4args()
        arguments.argarray.argarray_val = arena.copy(operations.map { $0.argument(arena) })
        arguments.argarray.argarray_len = UInt32(operations.count)
        try connection.submit(name, subject) {
            rpc_nfs4_compound_async($0, $1, &arguments, $2)
        } completion: { answer in
            completion(
                answer.flatMap { data in
                    let reply = data.assumingMemoryBound(to: COMPOUND4res.self).pointee
                    guard reply.status == NFS4_OK else {
                        return .failure(
                            NFSError(
                                operation: name, subject: subject,
                                cause: .status(NFSError.Status(rawValue: UInt32(reply.status.rawValue)))))
                    }
                    return .success(CompoundReply(reply, name))
                })
        }
    }

    private func attempt<Value>(_ completion: Completion<Value>, _ start: () throws -> Void) {
        do {
            try start()
        } catch let error as NFSError {
            completion(.failure(error))
        } catch {
            completion(.failure(NFSError(operation: "request", subject: "", cause: .noAnswer("\(error)"))))
        }
    }
}

/// What an open needs of this connection.
private struct OpenClient {
    /// Unique among all clients of the server, for ever.
    let name: [CChar] = "berth-\(getpid())-\(UInt64.random(in: 0...UInt64.max))".utf8.map { CChar(bitPattern: $0) }
    var id: UInt64?
    var openOwners: UInt64 = 0
    var waiting: [(Result<UInt64, NFSError>) -> Void] = []
}
