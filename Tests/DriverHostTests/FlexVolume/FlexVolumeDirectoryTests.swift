import DriverProtocol
import Glibc
import JSONTree
import Testing

@testable import DriverHost

@Suite("Finding FlexVolume drivers in a directory")
struct FlexVolumeDirectoryTests {
    private let flex = FlexVolumeBench()

    private var scratch: ScratchDirectory { flex.bench.scratch }

    private func makeDirectories(_ names: String...) {
        for name in names { mkdir(scratch.file(name), 0o755) }
    }

    /// drivers.json with the directory, relative to the file.
    private func writeDriversFile(_ entries: JSONValue...) {
        let json: JSONValue = [
            "apiVersion": "berth.dev/v1", "drivers": .array(entries), "flexVolumePluginDir": "exec",
        ]
        scratch.write("drivers.json", json.prettyPrinted())
    }

    private func names(_ host: DriverHost) -> [String] { host.descriptions().map(\.name) }

    @Test("folders with an executable of the right name are drivers; those with a dot, without one, or files are not")
    func content() {
        makeDirectories(
            "exec", "exec/example.com~lvm", "exec/plain", "exec/.hidden", "exec/empty", "exec/example.com~half",
            "exec/a b", "exec/example.com~dir", "exec/example.com~dir/dir")
        flex.write(as: "exec/example.com~lvm/lvm")
        flex.write(as: "exec/plain/plain")
        flex.write(as: "exec/.hidden/.hidden")
        flex.write(as: "exec/example.com~half/.half")
        flex.write(as: "exec/a b/a b")
        flex.write(as: "exec/file")
        let content = FlexVolumeDirectory(path: scratch.file("exec")).content()
        #expect(content.drivers.map(\.name) == ["example.com~lvm", "plain"])
        #expect(content.drivers.map(\.provisioners) == [["example.com/lvm"], ["plain"]])
        #expect(content.drivers.map(\.wireProtocol) == [.flexVolume, .flexVolume])
        #expect(content.drivers.first?.executable == scratch.file("exec/example.com~lvm/lvm"))
        #expect(content.problems.map(\.message).first?.hasPrefix("\"a b\" cannot be a driver's name") == true)
    }

    @Test("a directory that is not there is a problem that names it")
    func missing() {
        let content = FlexVolumeDirectory(path: scratch.file("nowhere")).content()
        #expect(
            content.problems.map(\.description) == [
                "\(scratch.file("nowhere")): the directory cannot be read: No such file or directory. Make it, or correct "
                    + "'flexVolumePluginDir'"
            ])
    }

    @Test("a driver that is renamed into its place is taken up while the host runs, and gone when it is")
    func installation() async throws {
        makeDirectories("exec", "exec/example.com~flex")
        writeDriversFile()
        try await flex.bench.run(flex.bench.host()) { host in
            #expect(names(host) == [])
            // As its installer writes it, piece by piece.
            flex.write(as: "exec/example.com~flex/.flex")
            host.reload()
            #expect(names(host) == [])
            rename(scratch.file("exec/example.com~flex/.flex"), scratch.file("exec/example.com~flex/flex"))
            try await eventually("it is not found") { names(host) == ["example.com~flex"] }
            #expect(try await host.call(driver: "example.com~flex", flex.call(.attach)).status == .success)
            #expect(host.driver(serving: "example.com/flex")?.name == "example.com~flex")
            // An upgrade, in the same way.
            flex.write(
                #"[ "$1" = attach ] && { echo '{"status":"Success","device":"/dev/new"}'; exit; }"#,
                as: "exec/example.com~flex/.flex")
            rename(scratch.file("exec/example.com~flex/.flex"), scratch.file("exec/example.com~flex/flex"))
            #expect(try await host.call(driver: "example.com~flex", flex.call(.attach)).device == "/dev/new")
            unlink(scratch.file("exec/example.com~flex/flex"))
            try await eventually("it is not gone") { names(host) == [] }
        }
    }

    @Test("what drivers.json says itself counts: a driver of the name, and a provisioner that is taken")
    func fileFirst() async throws {
        makeDirectories("exec", "exec/example.com~flex", "exec/example.com~lvm")
        flex.write()
        flex.write(as: "exec/example.com~flex/flex")
        flex.write(as: "exec/example.com~lvm/lvm")
        writeDriversFile(
            flex.entry(more: ["timeouts": ["mount": 7, "getvolumename": 3]]),
            try flex.bench.entry("x", provisioners: ["example.com/lvm"]))
        try await flex.bench.run(flex.bench.host()) { host in
            #expect(names(host) == ["example.com~flex", "x", "example.com~lvm"])
            #expect(host.describe("example.com~flex")?.entry?.timeouts[.mount] == .seconds(7))
            #expect(host.describe("example.com~flex")?.executable == scratch.file("flex"))
            #expect(host.driver(serving: "example.com/lvm")?.name == "x")
            #expect(host.describe("example.com~lvm")?.provisioners == [])
            #expect(host.problems == [])
        }
    }

    @Test("a bad one is reported by its path and leaves the others working")
    func othersWork() async throws {
        makeDirectories("exec", "exec/bad", "exec/good")
        scratch.script("exec/bad/bad", "echo 'jq: not found' >&2; exit 127")
        flex.write(as: "exec/good/good")
        writeDriversFile()
        try await flex.bench.run(flex.bench.host()) { host in
            #expect(try await host.call(driver: "good", flex.call(.attach)).status == .success)
            try await eventually("it is not broken") {
                if case .broken(let reason) = host.describe("bad")?.state {
                    reason.contains("jq: not found") && reason.contains("exec/bad/bad")
                } else {
                    false
                }
            }
        }
    }

    @Test(
        "an entry of drivers.json for a FlexVolume driver takes what has a meaning for one",
        arguments: [
            (["mode": "resident"], "a FlexVolume driver is started for each call; leave 'mode' out"),
            (["config": [:]], "a FlexVolume driver gets no configuration"),
            (["protocol": "csi"], "'protocol' is \"berth\", as it is when it is left out, or \"flexvolume\""),
        ] as [(JSONObject, String)])
    func entries(more: JSONObject, message: String) throws {
        let json: JSONValue = ["apiVersion": "berth.dev/v1", "drivers": [flex.entry(more: more)]]
        let file = try DriversFile(parsing: json.encoded, path: "/etc/berth/drivers.json")
        #expect(file.entries.isEmpty)
        #expect(file.problems.first?.message.contains(message) == true, "\(file.problems)")
    }

    @Test("an entry without provisioners has the driver's name in PersistentVolumes as one")
    func provisioners() throws {
        let json: JSONValue = [
            "apiVersion": "berth.dev/v1",
            "drivers": [flex.entry(), flex.entry(more: ["name": "other", "provisioners": []])],
        ]
        let file = try DriversFile(parsing: json.encoded, path: "/etc/berth/drivers.json")
        #expect(file.entries.map(\.driver.provisioners) == [["example.com/flex"], []])
        #expect(file.entries.map(\.driver.wireProtocol) == [.flexVolume, .flexVolume])
    }
}
