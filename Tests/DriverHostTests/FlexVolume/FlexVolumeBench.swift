import DriverProtocol
import JSONTree
import TestSupport

@testable import DriverHost

/// A FlexVolume driver in sh that writes its arguments to a log before it does what the test wants.
struct FlexVolumeBench: Sendable {
    let bench = DriverBench()
    static let name = "example.com~flex"

    /// - Parameter body: Runs behind the log, with the call in `$1`. What it does not answer is `Not supported`.
    @discardableResult
    func write(_ body: String = "", as name: String = "flex", capabilities: String = "{}") -> String {
        bench.scratch.script(
            name,
            """
            dir=\(bench.scratch.path)
            (IFS=$(printf '\\037'); printf '%s\\n' "$*") >>"$dir/calls.log"
            \(body)
            case $1 in
            init) echo '{"status":"Success","capabilities":\(capabilities)}' ;;
            *) echo '{"status":"Not supported"}'; exit 1 ;;
            esac
            """)
    }

    func entry(more: JSONObject = [:]) -> JSONValue {
        var entry: JSONValue = [
            "name": .string(Self.name), "exec": .string(bench.scratch.file("flex")), "protocol": "flexvolume",
        ]
        for (key, value) in more { entry[key] = value }
        return entry
    }

    func withHost<R: Sendable>(
        configure: (inout DriverHostConfiguration) -> Void = { _ in }, _ body: (DriverHost) async throws -> R
    ) async throws -> R {
        try await bench.withHost(entry(), configure: configure, body)
    }

    /// The arguments of each call, `init` left out.
    var calls: [[String]] {
        (bench.scratch.read("calls.log") ?? "").split(separator: "\n").map {
            $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init)
        }.filter { $0 != ["init"] }
    }

    /// A call about `pv-1`, with all that any of FlexVolume's calls needs.
    func call(_ verb: Verb, _ change: (inout DriverCall) -> Void = { _ in }) -> DriverCall {
        var call = DriverCall(
            verb,
            volume: VolumeRequest(
                name: "pv-1", capacityBytes: 2 << 30, fsType: "ext4", context: ["share": "a/b", "note": "it's \"x\""]),
            secrets: ["password": "hunter2-hunter2", "pin": "7"], timeout: .seconds(30))
        call.volume?.previousCapacityBytes = 1 << 30
        call.node = NodeReference(name: "worker-1")
        call.device = "/dev/sdx"
        call.target = bench.scratch.file("pods/1/pv-1")
        call.stagingTarget = bench.scratch.file("staging/pv-1")
        call.pod = PodReference(namespace: "shop", name: "web-0", uid: "5d7c", serviceAccount: "web", fsGroup: 2000)
        change(&call)
        return call
    }
}
