import Glibc

/// Copies one regular file, a few pieces at a time, among other requests over the same connection.
///
/// The copy's modification time says how far it is: set to the original's when everything is there and durable, to
/// ``paused`` when everything up to its size is. Any other time means that nothing is known about it.
final class FileCopy {
    enum Outcome {
        case copied, wasThere, paused
    }

    /// No file of a tenant's is likely to have it: a second after 1970 began.
    static let paused = FileTime(seconds: 1, nanoseconds: 0)
    private static let piecesAtATime = 4
    /// Zeros of this length, at multiples of it, are left out of the copy.
    private static let holeSize = 64 * 1024

    private let files: any FileService
    private let source: FoundFile
    private let name: EntryName
    private let directory: FileHandle
    private let mayExist: Bool
    private let shouldPause: () -> Bool
    private let completion: (Result<Outcome, NFSError>) -> Void

    private var target: FileHandle?
    /// Where this call goes on with the file.
    private var beginning: UInt64 = 0
    /// Where the next piece begins.
    private var next: UInt64 = 0
    private var inFlight = 0
    private var hasPaused = false
    private var failure: NFSError?

    /// - Parameters:
    ///   - mayExist: An earlier call may have copied it: better looked for first.
    ///   - completion: Called once.
    init(
        _ source: FoundFile, to name: EntryName, in directory: FileHandle, _ files: any FileService, mayExist: Bool,
        shouldPause: @escaping () -> Bool, completion: @escaping (Result<Outcome, NFSError>) -> Void
    ) {
        self.files = files
        self.source = source
        self.name = name
        self.directory = directory
        self.mayExist = mayExist
        self.shouldPause = shouldPause
        self.completion = completion
    }

    func start() {
        if mayExist { resume() } else { create() }
    }

    private func create() {
        attempt {
            try files.createFile(name, in: directory, mode: 0o600) { [self] result in
                switch result {
                case .success(let handle): copy(to: handle, from: 0)
                case .failure(let error) where error.status == .exists: resume()
                case .failure(let error): completion(.failure(error))
                }
            }
        }
    }

    private func resume() {
        attempt {
            try files.lookUp(name, in: directory) { [self] result in
                switch result {
                case .failure(let error) where error.status == .noEntry: create()
                case .failure(let error): completion(.failure(error))
                case .success(let found):
                    if found.attributes.modified == source.attributes.modified,
                        found.attributes.size == source.attributes.size
                    {
                        return completion(.success(.wasThere))
                    }
                    let size = found.attributes.size
                    if found.attributes.modified == Self.paused, size <= source.attributes.size {
                        return copy(to: found.handle, from: size)
                    }
                    attempt {
                        try files.setAttributes(found.handle, AttributeChange(size: 0)) { [self] result in
                            switch result {
                            case .failure(let error): completion(.failure(error))
                            case .success: copy(to: found.handle, from: 0)
                            }
                        }
                    }
                }
            }
        }
    }

    private func copy(to target: FileHandle, from offset: UInt64) {
        self.target = target
        beginning = offset
        next = offset
        advance()
    }

    /// Starts pieces while there are some and room for them; when all have ended, ends the copy.
    private func advance() {
        while failure == nil, !hasPaused, next < source.attributes.size, inFlight < Self.piecesAtATime {
            // At least a piece: a call that has found what others copied may have no time left, and the next would find
            // no more.
            if next > beginning, shouldPause() {
                hasPaused = true
                break
            }
            let count = min(UInt64(files.transferSize.read), source.attributes.size - next)
            let offset = next
            next += count
            inFlight += 1
            read(offset, Int(count))
        }
        guard inFlight == 0 else { return }
        if let failure { return completion(.failure(failure)) }
        finish()
    }

    private func read(_ offset: UInt64, _ count: Int) {
        attempt {
            try files.read(source.handle, offset: offset, count: count) { [self] result in
                switch result {
                case .failure(let error): end(error)
                case .success(let data):
                    if data.bytes.isEmpty {
                        // The file has become shorter meanwhile.
                        return end(nil)
                    }
                    // No more than was asked for, whatever the server sends.
                    write(data.bytes.prefix(count), offset) { [self] in
                        let rest = count - data.bytes.count
                        if rest > 0, !data.isEnd { read(offset + UInt64(data.bytes.count), rest) } else { end(nil) }
                    }
                }
            }
        }
    }

    /// Writes bytes, in as many requests as it takes, except for zeros.
    private func write(_ bytes: ArraySlice<UInt8>, _ offset: UInt64, _ done: @escaping () -> Void) {
        var bytes = bytes
        var offset = offset
        while !bytes.isEmpty {
            let toBoundary = Self.holeSize - Int(offset % UInt64(Self.holeSize))
            let block = bytes.prefix(toBoundary)
            guard Self.isZero(block) else { break }
            bytes = bytes.dropFirst(block.count)
            offset += UInt64(block.count)
        }
        guard !bytes.isEmpty, let target else { return done() }
        var length = min(bytes.count, files.transferSize.write)
        // Up to the next hole.
        var position = Self.holeSize - Int(offset % UInt64(Self.holeSize))
        while position < length {
            let block = bytes.dropFirst(position).prefix(Self.holeSize)
            if Self.isZero(block) {
                length = position
                break
            }
            position += Self.holeSize
        }
        let piece = bytes.prefix(length)
        attempt {
            try files.write(piece, to: target, offset: offset, isDurable: false) { [self] result in
                switch result {
                case .failure(let error): end(error)
                case .success: write(bytes.dropFirst(length), offset + UInt64(length), done)
                }
            }
        }
    }

    /// Whether all bytes are zero: the first is, and each is as the one before it.
    private static func isZero(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count > 1 else { return bytes.first ?? 0 == 0 }
            return bytes[0] == 0 && memcmp(base, base + 1, bytes.count - 1) == 0
        }
    }

    private func end(_ error: NFSError?) {
        failure = failure ?? error
        inFlight -= 1
        advance()
    }

    /// First the size (a hole at the end was not written), the owner and the mode, then durability, then the time.
    private func finish() {
        guard let target else { return }
        let original = source.attributes
        var change = AttributeChange(size: hasPaused ? next : original.size)
        if !hasPaused {
            change.uid = original.uid
            change.gid = original.gid
        }
        let steps: [(@escaping (Result<Void, NFSError>) -> Void) throws -> Void] = [
            { [files] in try files.setAttributes(target, change, $0) },
            { [files] in try files.commit(target, $0) },
            { [files, hasPaused] in
                // After the owner, since changing that clears set-user-ID.
                try files.setAttributes(
                    target,
                    AttributeChange(
                        mode: hasPaused ? nil : original.mode, modified: hasPaused ? Self.paused : original.modified),
                    $0)
            },
        ]
        run(steps[...])
    }

    private func run(_ steps: ArraySlice<(@escaping (Result<Void, NFSError>) -> Void) throws -> Void>) {
        guard let step = steps.first else { return completion(.success(hasPaused ? .paused : .copied)) }
        attempt {
            try step { [self] result in
                switch result {
                case .failure(let error): completion(.failure(error))
                case .success: run(steps.dropFirst())
                }
            }
        }
    }

    /// The connection is broken when a request cannot even be queued: whoever waits is told by it.
    private func attempt(_ start: () throws -> Void) {
        do {
            try start()
        } catch {
            failure = failure ?? (error as? NFSError)
        }
    }
}
