import Glibc
import Testing

@testable import DriverHost

@Suite("Inspecting an executable")
struct ExecutableInspectionTests {
    private let scratch = ScratchDirectory()

    private func problem(_ path: String, sha256: String? = nil) -> String? {
        do throws(ExecutableProblem) {
            _ = try ExecutableInspection.inspect(path, sha256: sha256)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("one that only its owner can write is fine")
    func fine() {
        #expect(problem(scratch.script("d", "exit 0")) == nil)
        #expect(problem(scratch.script("d", "exit 0")) == nil)
    }

    @Test("one that is missing")
    func missing() {
        let path = scratch.file("none")
        #expect(
            problem(path)
                == "the executable \(path) cannot be found: No such file or directory. Install it, or correct 'exec'")
    }

    @Test("one that is a directory")
    func directory() {
        #expect(problem(scratch.path) == "\(scratch.path) is not a file. Correct 'exec'")
    }

    @Test("one that is not executable")
    func notExecutable() {
        let path = scratch.write("d", "#!/bin/sh\n")
        #expect(problem(path) == "\(path) is not executable. Run chmod +x on it, or correct 'exec'")
    }

    @Test("one that others can write", .enabled(if: geteuid() == 0), arguments: [0o757, 0o775, 0o777] as [mode_t])
    func writable(mode: mode_t) {
        let path = scratch.write("d", "#!/bin/sh\n", mode: mode)
        #expect(
            problem(path)
                == "\(path) is not trusted: \(path) can be written by \(mode & 0o002 == 0 ? "group 0" : "others") (mode "
                + "0\(String(mode, radix: 8))). Run chmod \(mode & 0o002 == 0 ? "g-w" : "go-w") \(path)")
    }

    @Test("one whose directory others can write, unless only owners can rename there")
    func writableDirectory() {
        let path = scratch.script("d", "exit 0")
        chmod(scratch.path, 0o777)
        #expect(
            problem(path)
                == "\(path) is not trusted: \(scratch.path) can be written by others (mode 0777). Run chmod go-w "
                + "\(scratch.path)")
        chmod(scratch.path, 0o1777)
        #expect(problem(path) == nil)
    }

    @Test("one that belongs to somebody else", .enabled(if: geteuid() == 0))
    func foreign() {
        let path = scratch.script("d", "exit 0")
        chown(path, 65534, 65534)
        #expect(
            problem(path)
                == "\(path) is not trusted: \(path) belongs to user 65534 (nobody), who could change it. It must belong to "
                + "root, which Berth runs as: run chown 0 \(path), or run Berth as user 65534")
    }

    @Test("one that is setuid or setgid", arguments: [0o4755, 0o2755] as [mode_t])
    func setsUser(mode: mode_t) {
        let path = scratch.script("d", "exit 0")
        chmod(path, mode)
        #expect(
            problem(path)
                == "\(path) is not trusted: \(path) is setuid or setgid (mode 0\(String(mode, radix: 8))). Run chmod ug-s "
                + path)
    }

    @Test("one that a link leads to through a directory that others can write")
    func linked() {
        mkdir(scratch.file("open"), 0o755)
        scratch.script("open/d", "exit 0")
        let link = scratch.file("link")
        symlink("open/d", link)
        #expect(problem(link) == nil)
        chmod(scratch.file("open"), 0o777)
        #expect(problem(link)?.contains("\(scratch.file("open")) can be written by others") == true)
    }

    @Test("a digest that is right, and one that is not")
    func digest() {
        let path = scratch.write("d", "abc", mode: 0o755)
        let right = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  // FIPS 180-2, appendix B.1
        let wrong = String(repeating: "0", count: 64)
        #expect(problem(path, sha256: right) == nil)
        #expect(
            problem(path, sha256: wrong)
                == "\(path) has the sha256 \(right), and drivers.json says \(wrong). Either the file is "
                + "not the one that was registered, or 'sha256' must be brought up to date")
    }

    @Test("a file that is replaced, changed or made executable is another one")
    func identity() {
        let path = scratch.write("d", "one")
        var seen = [FileIdentity.current(of: path)]
        scratch.write("d", "two")
        seen.append(FileIdentity.current(of: path))
        chmod(path, 0o755)
        seen.append(FileIdentity.current(of: path))
        unlink(path)
        seen.append(FileIdentity.current(of: path))
        #expect(Set(seen).count == 4)
    }

    @Test("'runAs' takes names and numbers, and says whom there is not", .enabled(if: geteuid() == 0))
    func users() throws {
        #expect(try UserIdentity.lookUp("nobody").user == 65534)
        #expect(try UserIdentity.lookUp("65534:0").group == 0)
        #expect(try UserIdentity.lookUp("4242").user == 4242)
        let problem = #expect(throws: ExecutableProblem.self) { _ = try UserIdentity.lookUp("no-such-user") }
        #expect(problem?.message == "'runAs' names the user \"no-such-user\", whom this machine does not have")
        let group = #expect(throws: ExecutableProblem.self) { _ = try UserIdentity.lookUp("nobody:no-such-group") }
        #expect(group?.message == "'runAs' names the group \"no-such-group\", which this machine does not have")
    }
}
