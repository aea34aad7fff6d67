import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import DriverHost

@Suite("Editing drivers.json")
struct DriversFileEditingTests {
    private let path = "/etc/berth/drivers.json"

    private func adding(_ name: String, _ provisioner: String? = nil, to text: String?) throws -> String {
        let entry = DriverEntry(name: name, provisioners: [provisioner ?? "p/\(name)"], executable: "/\(name)")
        let bytes = try DriversFile.adding(
            entry, executable: "bin/\(name)", to: text.map { Array($0.utf8) }, path: path)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func removing(_ name: String, from text: String) throws -> String {
        String(decoding: try DriversFile.removing(name, from: Array(text.utf8), path: path), as: UTF8.self)
    }

    private let hand = """
        { "apiVersion" :"berth.dev/v1",
          "drivers": [
            {"name":"a",   "provisioners":["p/a"],  "exec":"/a"} ,
            {"name":"b", "provisioners":["p/b"],
                "exec":"/b", "config": {"k": [1,2 , 3]}},
            {"name":"broken", "exec": 7}
          ]
        }

        """

    @Test("the first entry makes the file")
    func firstEntry() throws {
        #expect(
            try adding("a", to: nil) == """
                {
                  "apiVersion": "berth.dev/v1",
                  "drivers": [
                    {
                      "name": "a",
                      "provisioners": [
                        "p/a"
                      ],
                      "exec": "bin/a"
                    }
                  ]
                }

                """)
    }

    @Test("a further entry leaves every byte of the others as it was")
    func furtherEntry() throws {
        let text = try adding("c", to: hand)
        let kept = hand.split(separator: "\n  ]")[0]
        #expect(text.hasPrefix(kept))
        #expect(try DriversFile(parsing: Array(text.utf8), path: path).entries.map(\.driver.name) == ["a", "b", "c"])
    }

    @Test("adding twice is refused, since the name is taken")
    func addTwice() throws {
        let text = try adding("c", to: hand)
        let problem = #expect(throws: DriversFileProblem.self) { _ = try adding("c", "p/other", to: text) }
        #expect(problem?.message == "the name is taken by the driver in line 7. Names are unique")
        let same = #expect(throws: DriversFileProblem.self) { _ = try adding("c", to: text) }
        #expect(same?.message == problem?.message)
    }

    @Test("a provisioner that is served already is refused")
    func takenProvisioner() throws {
        let problem = #expect(throws: DriversFileProblem.self) { _ = try adding("c", "p/b", to: hand) }
        #expect(
            problem?.message
                == "the provisioner \"p/b\" is served by driver 'b' in line 4 already. Remove it from one of "
                + "the two")
    }

    @Test("each entry can be removed, also one that is wrong, and the others keep their bytes")
    func remove() throws {
        let first = try removing("a", from: hand)
        #expect(
            first.contains(
                "    {\"name\":\"b\", \"provisioners\":[\"p/b\"],\n        \"exec\":\"/b\", \"config\": {\"k\": [1,2 , 3]}},"
            ))
        #expect(!first.contains("\"a\""))
        let middle = try removing("b", from: hand)
        #expect(middle.contains("{\"name\":\"a\",   \"provisioners\":[\"p/a\"],  \"exec\":\"/a\"}"))
        #expect(!middle.contains("\"b\""))
        let last = try removing("broken", from: hand)
        #expect(!last.contains("broken"))
        for text in [first, middle, last] {
            _ = try DriversFile(parsing: Array(text.utf8), path: path)
        }
    }

    @Test("all can be removed one by one, and one added again")
    func removeAll() throws {
        var text = hand
        for name in ["b", "a", "broken"] { text = try removing(name, from: text) }
        let file = try DriversFile(parsing: Array(text.utf8), path: path)
        #expect(file.entries.isEmpty && file.problems.isEmpty)
        text = try adding("z", to: text)
        #expect(try DriversFile(parsing: Array(text.utf8), path: path).entries.map(\.driver.name) == ["z"])
    }

    @Test("of several entries with one name none is left")
    func removeDuplicates() throws {
        let entries = [#"{"name": "a"}"#, #"{"name": "a", "exec": "/a"}"#, #"{"name": "b"}"#, #"{"name": "a"}"#]
        for order in [[0, 1, 2, 3], [2, 0, 1, 3], [0, 2, 1], [0, 1]] {
            let list = order.map { entries[$0] }.joined(separator: ", ")
            let text = try removing("a", from: #"{"apiVersion": "berth.dev/v1", "drivers": [\#(list)]}"#)
            let rest = order.contains(2) ? #"{"name": "b"}"# : ""
            #expect(text == #"{"apiVersion": "berth.dev/v1", "drivers": [\#(rest)]}"#)
        }
    }

    @Test("removing what is not there names what is")
    func removeTwice() throws {
        let text = try removing("a", from: hand)
        let problem = #expect(throws: DriversFileProblem.self) { _ = try removing("a", from: text) }
        #expect(problem?.message == "there is no driver 'a'; there are b, broken")
    }

    @Test("every field of an entry is written so that it is read again")
    func roundTrip() throws {
        var entry = DriverEntry(name: "a", provisioners: ["p/a", "p/b"], executable: "/opt/a", mode: .resident)
        entry.config = ["k": ["l": [1, 2]]]
        entry.environment = ["A": "b"]
        entry.timeouts = [.provision: .seconds(600)]
        entry.defaultTimeout = .milliseconds(1500)
        entry.concurrency = 3
        entry.runAs = "nobody:nogroup"
        entry.sha256 = String(repeating: "0f", count: 32)
        let bytes = try DriversFile.adding(entry, executable: "/opt/a", to: nil, path: path)
        #expect(try DriversFile(parsing: bytes, path: path).entries.map(\.driver) == [entry])
    }

    @Test("writing replaces the file in one step, through a link, and keeps its mode")
    func write() throws {
        let scratch = ScratchDirectory()
        let file = scratch.write("real.json", "old", mode: 0o640)
        let link = scratch.file("drivers.json")
        symlink("real.json", link)
        for text in ["first", "second"] {
            try DriversFile.write(Array(text.utf8), to: link)
            #expect(scratch.read("real.json") == text)
        }
        var status = stat()
        lstat(link, &status)
        #expect(status.st_mode & S_IFMT == S_IFLNK)
        stat(file, &status)
        #expect(status.st_mode & 0o777 == 0o640)
    }

    @Test("a file that is not there is none, and one that cannot be read is an error")
    func reading() throws {
        let scratch = ScratchDirectory()
        #expect(try DriversFile.bytes(at: scratch.file("none.json")) == nil)
        let problem = #expect(throws: DriversFileProblem.self) { _ = try DriversFile.bytes(at: scratch.path) }
        #expect(problem?.message == "\(scratch.path) is not a file")
    }
}
