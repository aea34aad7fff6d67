import Foundation
import TestSupport
import Testing

@testable import FileTrust

@Suite("Walking a path")
struct PathWalkTests {
    private func error(_ path: String, as role: PathTrust.Role = .file) -> PathTrustError? {
        do throws(PathTrustError) {
            _ = try PathWalk().destination(of: path, as: role)
            return nil
        } catch {
            return error
        }
    }

    private func write(_ path: String, mode: mode_t = 0o600) throws {
        try Data("x".utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    @Test("a file of one's own below /tmp is trusted, and where it really is")
    func own() async throws {
        try await withTemporaryDirectory { directory in
            try write(directory + "/file")
            mkdir(directory + "/sub", 0o755)
            symlink("../file", directory + "/sub/link")
            let found = try PathWalk().destination(of: directory + "/sub/./../sub/link", as: .file)
            #expect(found.path == directory + "/file")
        }
    }

    @Test("a directory above that others can write is named with what to do")
    func writableAncestor() async throws {
        try await withTemporaryDirectory { directory in
            mkdir(directory + "/open", 0o755)
            try write(directory + "/open/file")
            chmod(directory + "/open", 0o777)
            let error = try #require(self.error(directory + "/open/file"))
            #expect(error.code == .untrusted)
            #expect(
                error.description
                    == "\(directory)/open/file is not trusted: \(directory)/open can be written by others (mode 0777). "
                    + "Run chmod go-w \(directory)/open")
            chmod(directory + "/open", 0o1777)
            #expect(self.error(directory + "/open/file") == nil)
        }
    }

    @Test("a directory is judged also where a combining mark follows its slash")
    func combiningMark() async throws {
        try await withTemporaryDirectory { directory in
            let open = directory + "/open"
            mkdir(open, 0o755)
            mkdir(open + "/\u{301}x", 0o755)
            try write(open + "/\u{301}x/file")
            #expect(error(open + "/\u{301}x/file") == nil)
            chmod(open, 0o777)
            #expect(error(open + "/\u{301}x/file")?.component == open)
        }
    }

    @Test("the directories of a link are judged as those of the path are")
    func link() async throws {
        try await withTemporaryDirectory { directory in
            mkdir(directory + "/open", 0o755)
            try write(directory + "/open/file")
            symlink(directory + "/open/file", directory + "/link")
            #expect(error(directory + "/link") == nil)
            chmod(directory + "/open", 0o777)
            #expect(error(directory + "/link")?.component == directory + "/open")
        }
    }

    @Test("another user's directory, file or link is named with its owner", .enabled(if: geteuid() == 0))
    func foreign() async throws {
        try await withTemporaryDirectory { directory in
            try write(directory + "/file")
            symlink("file", directory + "/link")
            #expect(error(directory + "/link") == nil)
            lchown(directory + "/link", 65534, 65534)
            #expect(error(directory + "/link")?.component == directory + "/link")
            lchown(directory + "/link", 0, 0)
            chown(directory + "/file", 65534, 65534)
            #expect(
                error(directory + "/link")?.message
                    == "\(directory)/file belongs to user 65534 (nobody), who could change it. It must belong to root, "
                    + "which Berth runs as: run chown 0 \(directory)/file, or run Berth as user 65534")
            chown(directory + "/file", 0, 0)
            chown(directory, 65534, 65534)
            #expect(error(directory + "/file")?.component == directory)
        }
    }

    @Test("a link that leads round, and a file on the way, are no files")
    func nowhere() async throws {
        try await withTemporaryDirectory { directory in
            symlink("loop", directory + "/loop")
            #expect(error(directory + "/loop")?.code == .inaccessible)
            #expect(error(directory + "/none")?.code == .missing)
            try write(directory + "/file")
            #expect(error(directory + "/file/below")?.code == .missing)
            #expect(error(directory)?.code == .wrongKind)
        }
    }

    @Test("a file is read whole; a secret that others can read is not")
    func reading() async throws {
        try await withTemporaryDirectory { directory in
            try write(directory + "/file", mode: 0o644)
            #expect(try TrustedFile.read(directory + "/file", as: .file) == Array("x".utf8))
            #expect(try TrustedFile.read(directory + "/none", as: .file) == nil)
            let error = #expect(throws: PathTrustError.self) {
                _ = try TrustedFile.read(directory + "/file", as: .secret)
            }
            #expect(error?.message.hasSuffix("or run chmod 600 \(directory)/file to keep it") == true)
            mkfifo(directory + "/pipe", 0o600)
            #expect(throws: PathTrustError.self) { _ = try TrustedFile.read(directory + "/pipe", as: .file) }
            #expect(throws: PathTrustError.self) {
                _ = try TrustedFile.read(directory + "/file", as: .file, maximumBytes: 0)
            }
        }
    }

    @Test("the group that has its user's name and no other member is private, and root's never is")
    func privateGroups() {
        #expect(!PrivateGroup.isPrivate(0, of: 0))
        #expect(!PrivateGroup.isPrivate(0, of: 65534))
        // Debian's list of every system has them: the user `games` with a group of its own.
        if let games = getpwnam("games") {
            #expect(PrivateGroup.isPrivate(games.pointee.pw_gid, of: games.pointee.pw_uid))
        }
    }
}
