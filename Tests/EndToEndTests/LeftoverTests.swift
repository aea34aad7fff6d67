import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("What a driver's child does after the host was killed")
struct LeftoverTests {
    /// A driver in sh that makes its volume through a command which takes its time: until a file is there. Asked again
    /// it is full, which is final.
    ///
    /// - Parameter launcher: What starts the command.
    private func driver(in directory: String, launcher: String) throws -> JSONValue {
        let path = directory + "/slow"
        try SadDriver.write(
            """
            #!/bin/sh
            request=$(cat)
            case $1 in
            init) echo '{"protocol":"1.0","status":"Success","info":{"protocolVersions":["1.0"],"name":"slow",\
            "version":"0.1","capabilities":["provision","delete"],"parameters":{"type":"object"}}}' ;;
            provision)
                if [ -e \(directory)/child ]; then
                    echo '{"protocol":"1.0","status":"Failure","error":{"code":"RESOURCE_EXHAUSTED","message":"full"}}'
                    exit 1
                fi
                \(launcher) sh -c 'echo $$ > \(directory)/child.new; mv \(directory)/child.new \(directory)/child
                    while [ ! -e \(directory)/gate ]; do sleep 0.02; done; mkdir \(directory)/made'
                echo '{"protocol":"1.0","status":"Success","volume":{"id":"v","volumeSource":{"hostPath":{"path":"/v"}}}}' ;;
            delete) rm -rf \(directory)/made; echo '{"protocol":"1.0","status":"Success"}' ;;
            *) echo '{"protocol":"1.0","status":"Not supported"}'; exit 1 ;;
            esac

            """.replacing("\\\n", with: ""), to: path)
        return ["name": "slow", "provisioners": ["example.com/slow"], "exec": .string(path), "mode": "once"]
    }

    private func isRunning(_ id: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8) else { return false }
        return !status.contains("State:\tZ")
    }

    @Test(
        "is ended by the next host, and makes no volume of a claim that was deleted",
        arguments: ["", "setsid", "env -i", "setsid env -i"])
    func killed(launcher: String) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(
                directory: directory, drivers: [try driver(in: directory, launcher: launcher)])
            let hasGroups = try await berth.serving(endingWith: SIGKILL) { served in
                var slow = ClaimJourneyTests.plainClass
                slow["provisioner"] = "example.com/slow"
                _ = try await served.client.create(.storageClass, slow, WriteOptions())
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("data"), WriteOptions())
                try await until("the driver's child runs", within: .seconds(30)) {
                    FileManager.default.fileExists(atPath: directory + "/child")
                }
                let log = try String(contentsOfFile: served.log, encoding: .utf8)
                return log.contains("run in control groups") && !log.contains("cannot create")
            }
            let text = try String(contentsOfFile: directory + "/child", encoding: .utf8)
            let child = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            // Else there is nothing to show here.
            try #require(isRunning(child))
            guard hasGroups || launcher != "setsid env -i" else {
                // Nothing shows then whose it is.
                kill(child, SIGKILL)
                return
            }
            try await berth.serving { served in
                let data = ObjectKey(namespace: "default", name: "data")
                _ = try await served.client.delete(.persistentVolumeClaim, data, DeleteOptions())
                try await until("the claim is gone", within: .seconds(30)) {
                    try await served.client.list(.persistentVolumeClaim, ListOptions()).items.isEmpty
                }
                #expect(!isRunning(child))
                if isRunning(child) { kill(child, SIGKILL) }
                #expect(!FileManager.default.fileExists(atPath: directory + "/made"))
                let log = try String(contentsOfFile: served.log, encoding: .utf8)
                #expect(log.contains("ended the processes of an earlier host's driver call"), "\(log)")
            }
            let running = try FileManager.default.contentsOfDirectory(atPath: directory + "/data/running")
            #expect(running.isEmpty)
        }
    }
}
