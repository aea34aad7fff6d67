import Glibc

/// A server's name for a file or directory: opaque, and independent of the paths that lead to it. Everything here works
/// by handle, so no name that a tenant can change is ever resolved through a symbolic link.
struct FileHandle: Hashable, Sendable {
    /// At most 128 (RFC 7530, 2.2.3).
    let bytes: [CChar]
}

/// A name within one directory, as bytes: a tenant's need not be UTF-8.
struct EntryName: Hashable, Sendable, CustomStringConvertible {
    /// Ends with NUL.
    let bytes: [CChar]

    init(_ text: String) { bytes = Array(text.utf8CString) }
    /// - Parameter bytes: Without NUL.
    init(bytes: some Sequence<CChar>) { self.bytes = Array(bytes) + [0] }
    init(copying pointer: UnsafePointer<CChar>) {
        self.init(bytes: UnsafeBufferPointer(start: pointer, count: strlen(pointer)))
    }

    var isDot: Bool { bytes == [46, 0] || bytes == [46, 46, 0] }
    var description: String {
        String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

enum FileType: Sendable {
    case regular, directory, symbolicLink
    /// A device, socket or named pipe.
    case special
}

struct FileTime: Hashable, Sendable, Comparable {
    var seconds: Int64
    var nanoseconds: UInt32

    static func < (left: FileTime, right: FileTime) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }
}

struct FileAttributes: Sendable {
    var type: FileType
    /// Permission bits with set-user-ID, set-group-ID and sticky.
    var mode: UInt32
    var linkCount: UInt32
    var uid: UInt32
    var gid: UInt32
    var size: UInt64
    /// Bytes on disk.
    var used: UInt64
    var fileID: UInt64
    var modified: FileTime
}

/// What to set; `nil` leaves it.
struct AttributeChange: Sendable {
    var mode: UInt32?
    var uid: UInt32?
    var gid: UInt32?
    var size: UInt64?
    var modified: FileTime?
}

struct FoundFile: Sendable {
    var handle: FileHandle
    var attributes: FileAttributes
}

struct DirectoryPage: Sendable {
    struct Entry: Sendable {
        var name: EntryName
        /// A server may leave it out.
        var attributes: FileAttributes?
        var handle: FileHandle?
    }

    /// Without `.` and `..`.
    var entries: [Entry]
    /// Where the next page begins.
    var position: DirectoryPosition
    var isLast: Bool
}

struct DirectoryPosition: Sendable {
    static let start = DirectoryPosition(cookie: 0, verifier: 0)
    var cookie: UInt64
    /// Eight bytes, as the server gave them.
    var verifier: UInt64
}

struct FileSystemSpace: Sendable {
    var totalBytes: UInt64
    var freeBytes: UInt64
    /// For this user.
    var availableBytes: UInt64
    var totalFiles: UInt64
    var freeFiles: UInt64
}

struct FileData: Sendable {
    var bytes: [UInt8]
    var isEnd: Bool
}
