import CFileSystem
import Glibc

/// The entries of an open directory, one by one: nothing is kept but readdir(3)'s buffer.
final class DirectoryListing {
    struct Entry {
        let name: String
        /// As far as the directory itself says; `nil` where the file system does not keep it there.
        let isDirectory: Bool?
    }

    private let stream: OpaquePointer

    /// - Parameter directory: Read from its beginning; its own offset is left alone.
    init(_ directory: OpenFile) throws(SystemError) {
        let copy = cfs_open_beneath(directory.descriptor, ".", O_RDONLY | O_DIRECTORY, 0, 0)
        guard copy >= 0 else { throw SystemError("open", "a directory") }
        guard let stream = fdopendir(copy) else {
            let error = SystemError("fdopendir", "a directory")
            close(copy)
            throw error
        }
        self.stream = stream
    }

    deinit { closedir(stream) }

    /// The next entry but `.` and `..`.
    func next() throws(SystemError) -> Entry? {
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError("readdir", "a directory") }
                return nil
            }
            let type = entry.pointee.d_type
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            return Entry(
                name: name, isDirectory: cfs_is_unknown_type(type) == 1 ? nil : cfs_is_directory_type(type) == 1)
        }
    }

    func rewind() { rewinddir(stream) }

    static func names(_ directory: OpenFile) throws(SystemError) -> [String] {
        let listing = try DirectoryListing(directory)
        var names: [String] = []
        while let entry = try listing.next() { names.append(entry.name) }
        return names
    }
}
