import CNFS

/// What NFSv3 and NFSv4 have in common, by handle. Each operation is queued, and `completion` runs within a later
/// ``Connection/run(while:)`` of ``connection``; the methods of the extension wait.
///
/// No operation follows a symbolic link: `lookup` gives the link itself.
protocol FileService: AnyObject {
    typealias Completion<Value> = (Result<Value, NFSError>) -> Void

    var connection: Connection { get }
    /// The share's own directory.
    var root: FileHandle { get }
    /// Bytes that one READ and one WRITE carry.
    var transferSize: (read: Int, write: Int) { get }

    func lookUp(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<FoundFile>) throws
    func getAttributes(_ file: FileHandle, _ completion: @escaping Completion<FileAttributes>) throws
    func setAttributes(_ file: FileHandle, _ change: AttributeChange, _ completion: @escaping Completion<Void>) throws
    /// Fails with `exists` when anything has the name.
    func makeDirectory(
        _ name: EntryName, in directory: FileHandle, _ attributes: AttributeChange,
        _ completion: @escaping Completion<FoundFile>) throws
    /// Fails with `exists` when anything has the name.
    func makeSymbolicLink(
        _ name: EntryName, in directory: FileHandle, to target: [CChar], _ completion: @escaping Completion<Void>)
        throws
    /// The target, without NUL.
    func readLink(_ link: FileHandle, _ completion: @escaping Completion<[CChar]>) throws
    func removeFile(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<Void>) throws
    /// Fails with `notEmpty` when it is not, and with `notDirectory` when it is none.
    func removeDirectory(_ name: EntryName, in directory: FileHandle, _ completion: @escaping Completion<Void>) throws
    func rename(
        _ name: EntryName, in directory: FileHandle, to newName: EntryName, in newDirectory: FileHandle,
        _ completion: @escaping Completion<Void>) throws
    /// - Parameter byteLimit: Of the answer, about.
    func readDirectory(
        _ directory: FileHandle, from position: DirectoryPosition, byteLimit: UInt32,
        _ completion: @escaping Completion<DirectoryPage>) throws
    func space(_ completion: @escaping Completion<FileSystemSpace>) throws
    /// Makes an empty file; fails with `exists` when anything has the name.
    func createFile(
        _ name: EntryName, in directory: FileHandle, mode: UInt32, _ completion: @escaping Completion<FileHandle>)
        throws
    func read(
        _ file: FileHandle, offset: UInt64, count: Int, _ completion: @escaping Completion<FileData>) throws
    /// Writes all of the bytes, durably (FILE_SYNC) or not (UNSTABLE).
    func write(
        _ bytes: ArraySlice<UInt8>, to file: FileHandle, offset: UInt64, isDurable: Bool,
        _ completion: @escaping Completion<Void>) throws
    /// Makes what was written durable.
    func commit(_ file: FileHandle, _ completion: @escaping Completion<Void>) throws
}

enum DirectoryEntry {
    /// With its target, without NUL.
    case symbolicLink([CChar])
    case other
}

extension FileService {
    /// Queues one operation and waits for its answer.
    private func wait<Value>(_ start: (@escaping Completion<Value>) throws -> Void) throws -> Value {
        try answer(start).get()
    }

    /// - Throws: When there was no answer; a refusal is one.
    private func answer<Value>(
        _ start: (@escaping Completion<Value>) throws -> Void
    ) throws -> Result<Value, NFSError> {
        var answer: Result<Value, NFSError>?
        try start { answer = $0 }
        try connection.run { answer == nil }
        guard let answer else { throw CancellationError() }
        return answer
    }

    /// `nil` where nothing has the name.
    func lookUp(_ name: EntryName, in directory: FileHandle) throws -> FoundFile? {
        let answer: Result<FoundFile, NFSError> = try answer { try lookUp(name, in: directory, $0) }
        switch answer {
        case .success(let found): return found
        case .failure(let error):
            guard error.status == .noEntry else { throw error }
            return nil
        }
    }

    func getAttributes(_ file: FileHandle) throws -> FileAttributes { try wait { try getAttributes(file, $0) } }

    func setAttributes(_ file: FileHandle, _ change: AttributeChange) throws {
        try wait { try setAttributes(file, change, $0) }
    }

    /// `nil` where something has the name already.
    func makeDirectory(_ name: EntryName, in directory: FileHandle, _ attributes: AttributeChange) throws -> FoundFile?
    {
        let answer: Result<FoundFile, NFSError> = try answer { try makeDirectory(name, in: directory, attributes, $0) }
        switch answer {
        case .success(let made): return made
        case .failure(let error):
            guard error.status == .exists else { throw error }
            return nil
        }
    }

    /// - Returns: false where something has the name already.
    func makeSymbolicLink(_ name: EntryName, in directory: FileHandle, to target: [CChar]) throws -> Bool {
        let answer: Result<Void, NFSError> = try answer { try makeSymbolicLink(name, in: directory, to: target, $0) }
        switch answer {
        case .success: return true
        case .failure(let error):
            guard error.status == .exists else { throw error }
            return false
        }
    }

    func readLink(_ link: FileHandle) throws -> [CChar] { try wait { try readLink(link, $0) } }

    /// What has a name, with a symbolic link's target; `nil` where nothing has.
    func readEntry(_ name: EntryName, in directory: FileHandle) throws -> DirectoryEntry? {
        var last: FileHandle?
        while let found = try lookUp(name, in: directory) {
            guard found.attributes.type == .symbolicLink else { return .other }
            do {
                return .symbolicLink(try readLink(found.handle))
            } catch let error as NFSError where error.status == .stale && found.handle != last {
                // Removed or replaced since it was found. One that is still there by the same handle was neither.
                last = found.handle
            }
        }
        return nil
    }

    /// Also when there is none.
    func removeFile(_ name: EntryName, in directory: FileHandle) throws {
        let answer: Result<Void, NFSError> = try answer { try removeFile(name, in: directory, $0) }
        if case .failure(let error) = answer, error.status != .noEntry { throw error }
    }

    /// - Returns: false when it has entries, or is no directory.
    func removeEmptyDirectory(_ name: EntryName, in directory: FileHandle) throws -> Bool {
        let answer: Result<Void, NFSError> = try answer { try removeDirectory(name, in: directory, $0) }
        guard case .failure(let error) = answer else { return true }
        switch error.status {
        case .noEntry: return true
        case .notEmpty, .exists, .notDirectory: return false
        default: throw error
        }
    }

    func rename(_ name: EntryName, in directory: FileHandle, to newName: EntryName, in newDirectory: FileHandle) throws
    {
        try wait { try rename(name, in: directory, to: newName, in: newDirectory, $0) }
    }

    func readDirectory(
        _ directory: FileHandle, from position: DirectoryPosition, byteLimit: UInt32 = 32 * 1024
    ) throws -> DirectoryPage {
        try wait { try readDirectory(directory, from: position, byteLimit: byteLimit, $0) }
    }

    /// `nil` where the directory is not there any more.
    func readDirectoryIfThere(_ directory: FileHandle, from position: DirectoryPosition) throws -> DirectoryPage? {
        let answer: Result<DirectoryPage, NFSError> = try answer {
            try readDirectory(directory, from: position, byteLimit: 32 * 1024, $0)
        }
        switch answer {
        case .success(let page): return page
        case .failure(let error):
            guard error.status == .noEntry || error.status == .stale else { throw error }
            return nil
        }
    }

    func space() throws -> FileSystemSpace { try wait { try space($0) } }
}
