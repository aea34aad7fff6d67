import CNFS
import Foundation

/// What libnfs does with nothing of ours around it: one context, one request at a time.
final class BareNFS {
    private let context: OpaquePointer

    /// - Parameter path: The directory to work in, on the server.
    init(path: String, nfsPort: UInt16, mountPort: UInt16) throws {
        guard let context = nfs_init_context() else { throw BenchmarkFailure("nfs_init_context failed") }
        self.context = context
        let address =
            "nfs://127.0.0.1\(path)/?version=3&nfsport=\(nfsPort)&mountport=\(mountPort)&uid=\(geteuid())&gid=\(getegid())"
        guard let url = nfs_parse_url_dir(context, address) else { throw failure("nfs_parse_url_dir") }
        defer { nfs_destroy_url(url) }
        guard nfs_mount(context, url.pointee.server, url.pointee.path) == 0 else { throw failure("nfs_mount") }
    }

    deinit { nfs_destroy_context(context) }

    func makeDirectory(_ path: String) throws {
        guard nfs_mkdir(context, path) == 0 else { throw failure("nfs_mkdir") }
    }

    /// Walks a tree and unlinks what it finds, the plain way.
    func removeTree(_ path: String) throws {
        var directory: OpaquePointer?
        guard nfs_opendir(context, path, &directory) == 0, let directory else { throw failure("nfs_opendir") }
        var files: [String] = []
        var directories: [String] = []
        while let entry = nfs_readdir(context, directory) {
            let name = String(cString: entry.pointee.name)
            if name == "." || name == ".." { continue }
            if entry.pointee.mode & S_IFMT == S_IFDIR {
                directories.append(name)
            } else {
                files.append(name)
            }
        }
        nfs_closedir(context, directory)
        for name in files {
            guard nfs_unlink(context, "\(path)/\(name)") == 0 else { throw failure("nfs_unlink") }
        }
        for name in directories { try removeTree("\(path)/\(name)") }
        guard nfs_rmdir(context, path) == 0 else { throw failure("nfs_rmdir") }
    }

    private func failure(_ call: String) -> BenchmarkFailure {
        BenchmarkFailure("\(call): \(nfs_get_error(context).map { String(cString: $0) } ?? "no reason given")")
    }
}
