import Glibc
import Testing

@testable import FileTrust

@Suite("Judging one component of a path")
struct PathTrustTests {
    private let trust = PathTrust(user: 1000)

    private func status(
        _ kind: FileStatus.Kind = .file, owner: uid_t = 1000, mode: mode_t = 0o644, hasPrivateGroup: Bool = false
    ) -> FileStatus {
        FileStatus(kind: kind, owner: owner, group: 1000, mode: mode, hasPrivateGroup: hasPrivateGroup)
    }

    @Test(
        "root's files and the user's own are trusted, and nobody else's", arguments: [0, 1000, 1001, 65534] as [uid_t])
    func owner(owner: uid_t) {
        let expected: PathTrust.Objection? = owner == 0 || owner == 1000 ? nil : .owner
        #expect(trust.objection(to: status(owner: owner), as: .file) == expected)
        #expect(trust.objection(to: status(.link, owner: owner, mode: 0o777), as: .link) == expected)
        #expect(trust.objection(to: status(.directory, owner: owner, mode: 0o755), as: .directory) == expected)
    }

    @Test("root trusts no user")
    func root() {
        #expect(PathTrust(user: 0).objection(to: status(owner: 1000), as: .file) == .owner)
        #expect(PathTrust(user: 0).objection(to: status(owner: 0), as: .file) == nil)
    }

    @Test("what others can write is not trusted", arguments: [.file, .secret, .executable] as [PathTrust.Role])
    func writable(role: PathTrust.Role) {
        #expect(trust.objection(to: status(mode: 0o602), as: role) == .writableByAll)
        #expect(trust.objection(to: status(mode: 0o620), as: role) == .writableByGroup)
        #expect(trust.objection(to: status(mode: 0o600), as: role) == nil)
    }

    @Test("what only the private group of its owner can write is the owner's alone")
    func privateGroup() {
        #expect(trust.objection(to: status(mode: 0o664, hasPrivateGroup: true), as: .file) == nil)
        #expect(trust.objection(to: status(mode: 0o666, hasPrivateGroup: true), as: .file) == .writableByAll)
    }

    @Test("a sticky directory may be everybody's where what comes next is the user's or root's")
    func sticky() {
        let tmp = status(.directory, owner: 0, mode: 0o1777)
        #expect(trust.objection(to: tmp, as: .way(to: status(owner: 1000))) == nil)
        #expect(trust.objection(to: tmp, as: .way(to: status(owner: 0))) == nil)
        #expect(trust.objection(to: tmp, as: .way(to: status(owner: 1001))) == .writableByAll)
        #expect(trust.objection(to: tmp, as: .directory) == .writableByAll)
        let open = status(.directory, owner: 0, mode: 0o777)
        #expect(trust.objection(to: open, as: .way(to: status(owner: 1000))) == .writableByAll)
    }

    @Test("a secret is for nobody else to read, a program neither setuid nor setgid")
    func roles() {
        #expect(trust.objection(to: status(mode: 0o640), as: .secret) == .readable)
        #expect(trust.objection(to: status(mode: 0o644), as: .file) == nil)
        #expect(trust.objection(to: status(mode: 0o4755), as: .executable) == .setsUserOrGroup)
        #expect(trust.objection(to: status(mode: 0o2755), as: .executable) == .setsUserOrGroup)
        #expect(trust.objection(to: status(.other), as: .file) == .wrongKind)
        #expect(trust.objection(to: status(.directory, mode: 0o755), as: .file) == .wrongKind)
    }
}
