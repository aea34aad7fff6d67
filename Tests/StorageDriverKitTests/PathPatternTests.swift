import DriverProtocol
import StorageDriverKit
import Testing

@Suite("A path pattern")
struct PathPatternTests {
    private let claim = ClaimReference(
        namespace: "team", name: "data", labels: ["app": "web"],
        annotations: ["a/b": "x", "up": "..", "deep": "a/b", "mark": "\u{301}x"])

    @Test(
        "gives a volume its place, in the words of each provisioner",
        arguments: [
            ("${pv.name}", "pvc-1"), ("${pvc.namespace}/${pvc.name}", "team/data"),
            ("v-${pvc.labels['app']}-${pvc.annotations['a/b']}", "v-web-x"),
            ("${pvc.metadata.namespace}/${pvc.metadata.name}/${pv.metadata.name}", "team/data/pvc-1"),
            ("${.PVC.namespace}-${.PVC.name}-${.PVC.labels.app}-${.PVC.annotations.a/b}", "team-data-web-x"),
        ])
    func expand(pattern: String, path: String) throws {
        #expect(try PathPattern(pattern).path(volume: "pvc-1", claim: claim).description == path)
    }

    @Test(
        "never leaves the base directory, nor comes where the driver keeps its own",
        arguments: [
            "../${pv.name}", "${pvc.annotations['up']}", "${pvc.annotations['deep']}", "/${pv.name}", "a//b", "a/./b",
            ".berth/x", "archived-${pv.name}", "${pvc.labels['none']}", "a/${pvc.annotations['up']}/b",
            // The combining mark makes one character of itself and the slash before it; for the kernel there are two.
            "${pvc.annotations['up']}/${pvc.annotations['mark']}", "archived-${pvc.annotations['mark']}",
        ])
    func refused(pattern: String) throws {
        let pattern = try PathPattern(pattern)
        #expect(throws: DriverError.self) { try pattern.path(volume: "pvc-1", claim: claim) }
    }

    @Test("with a token that is unknown or has no end is refused", arguments: ["${pvc.nmae}", "${pv.name", "${}"])
    func malformed(pattern: String) {
        #expect { try PathPattern(pattern, parameter: "subDir") } throws: { error in
            (error as? DriverError)?.field == "parameters.subDir"
        }
    }
}
