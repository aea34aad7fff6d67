import Foundation
import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("What did the driver say?")
struct DriverCallsTests {
    /// Makes a claim whose driver fails, and hands over the id of the call that the claim's event names.
    private func withFailedClaim(
        _ body: @escaping @Sendable (BerthUnderTest, ServedBerth, SadDriver, _ callID: String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let driver = try SadDriver(in: directory)
            let berth = try BerthUnderTest(directory: directory, drivers: [driver.entry])
            try await berth.serving { served in
                let applied = try await berth.command("apply", "-f", "-", input: SadDriver.manifests)
                #expect(applied.status == 0, "\(applied.errors)")
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("data", storageClass: "sad"), WriteOptions())
                var callID = ""
                try await until("the claim's event names its call", within: .seconds(30)) {
                    let described = try await berth.command("describe", "pvc", "data").output
                    guard let start = described.firstRange(of: "(berth driver calls show ") else { return false }
                    callID = String(described[start.upperBound...].prefix { $0 != ")" })
                    return true
                }
                try await body(berth, served, driver, callID)
            }
        }
    }

    @Test("the claim's event names the call, and it can be seen, also when the server was killed")
    func show() async throws {
        try await withTemporaryDirectory { directory in
            let driver = try SadDriver(in: directory)
            let berth = try BerthUnderTest(directory: directory, drivers: [driver.entry])
            let callID = try await berth.serving(endingWith: SIGKILL) { served -> String in
                _ = try await berth.command("apply", "-f", "-", input: SadDriver.manifests)
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("data", storageClass: "sad"), WriteOptions())
                var callID: String?
                try await until("a failed call is on record", within: .seconds(30)) {
                    let failed = try await Self.records(berth, "sad", "--failed")
                    callID = failed.first?["callID"]?.stringValue
                    return callID != nil
                }
                // Written within a tenth of a second.
                try await until("it is in a file", within: .seconds(30)) {
                    try Self.keptFiles(berth).contains(callID ?? "?")
                }
                return callID ?? ""
            }
            for _ in 1...2 {
                let shown = try await berth.command("driver", "calls", "show", callID)
                #expect(shown.status == 0)
                #expect(shown.errors.contains("berth serve is not running; these are the calls that it left in"))
                for part in [
                    "RESOURCE_EXHAUSTED (driverFailure)", "the pool is full", "exit status 1", "sad: provision with",
                    "\"password\": \"(removed)\"", "The values of secrets are not kept.", "provision of pvc-",
                ] {
                    #expect(shown.output.contains(part), "\(part) in \(shown.output)")
                }
            }
            // The next host has it on record.
            try await berth.serving { _ in
                let shown = try await berth.command("driver", "calls", "show", callID, "-o", "json")
                #expect(shown.errors.isEmpty)
                #expect(try JSONParser.parse(shown.output.utf8).at("error", "code") == "RESOURCE_EXHAUSTED")
            }
        }
    }

    @Test("kubectl describe shows how to see the call", arguments: Kubectl.representative)
    func describe(kubectl: Kubectl) async throws {
        try await withFailedClaim { berth, _, _, _ in
            let described = try await berth.kubectl(kubectl, "describe", "pvc", "data")
            #expect(described.output.contains("(berth driver calls show c-"), "\(described.output)")
        }
    }

    @Test("calls are listed, by driver, by volume, the failed ones, and as they end")
    func list() async throws {
        try await withFailedClaim { berth, served, _, callID in
            let table = try await berth.command("driver", "calls", "sad", "--failed")
            #expect(table.output.hasPrefix("CALL "))
            #expect(table.output.contains("RESOURCE_EXHAUSTED: the pool is full"), "\(table.output)")
            let all = try await Self.records(berth)
            #expect(Set(all.compactMap { $0["driver"]?.stringValue }) == ["hostpath", "sad"])
            #expect(try await Self.records(berth, "hostpath").allSatisfy { $0["driver"] == "hostpath" })
            #expect(try await Self.records(berth, "sad", "--limit", "1").count == 1)
            let volume = try #require(all.first { $0["callID"]?.stringValue == callID }?["subject"]?.stringValue)
            let about = try await Self.records(berth, "--volume", volume)
            #expect(!about.isEmpty && about.allSatisfy { $0["subject"]?.stringValue == volume })
            let none = try await berth.command("driver", "calls", "nobody")
            #expect(none.status == 0 && none.errors.contains("No such calls are on record."))

            _ = try await served.client.create(.storageClass, ClaimJourneyTests.plainClass, WriteOptions())
            try await berth.running("driver", "calls", "hostpath", "-f") { output in
                try await until("the calls so far are shown", within: .seconds(30)) { try output().contains("init") }
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("more"), WriteOptions())
                try await until("the new call is shown", within: .seconds(30)) { try output().contains("provision") }
            }
        }
    }

    @Test("wrong words are told what would be right")
    func mistakes() async throws {
        try await withFailedClaim { berth, served, _, _ in
            let missing = try await berth.command("driver", "calls", "show", "c-0")
            #expect(missing.status == 1 && missing.errors.contains("there is no call \"c-0\" on record"))
            for path in ["/berth/v1/calls?limit=many", "/berth/v1/calls?drivers=x"] {
                let error = await #expect(throws: StatusError.self) {
                    _ = try await served.connection.send("GET", path)
                }
                #expect(error?.code == 400)
            }
            let unknown = await #expect(throws: StatusError.self) {
                _ = try await served.connection.send("POST", "/berth/v1/replay", body: ["callID": "c-0"])
            }
            #expect(unknown?.code == 404)
        }
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            let following = try await berth.command("driver", "calls", "-f")
            #expect(following.status == 1 && following.errors.contains("berth serve"), "\(following.errors)")
        }
    }

    // MARK: Once more

    @Test("a call that changes something is made again when that is said, with the Secret as it is now, twice in a row")
    func replay() async throws {
        try await withFailedClaim { berth, _, _, callID in
            let refused = try await berth.command("driver", "replay", callID)
            #expect(refused.status == 1 && refused.errors.contains("Say --yes"), "\(refused.errors)")
            for _ in 1...2 {
                let again = try await berth.command("driver", "replay", callID, "--yes")
                #expect(again.status == 1)
                #expect(again.output.contains("the pool is full"))
                #expect(again.errors.contains("The values of password are those of the Secret default/array"))
                #expect(again.errors.contains("before: RESOURCE_EXHAUSTED in "))
                #expect(again.errors.contains("now:    RESOURCE_EXHAUSTED in "), "\(again.errors)")
                // It is on record as well.
                let ids = again.errors.split(separator: "(call ").dropFirst().map { String($0.prefix { $0 != ")" }) }
                #expect(ids.first == callID)
                let shown = try await berth.command("driver", "calls", "show", try #require(ids.last))
                #expect(shown.status == 0 && shown.output.contains("\"pool\": \"fast\""), "\(shown.output)")
            }
        }
    }

    @Test("against an executable the same request is answered by that alone, with secrets that are given")
    func replayAgainst() async throws {
        try await withFailedClaim { berth, served, driver, callID in
            let before = try await Self.records(berth, "sad").count
            let cured = try await berth.command("driver", "replay", callID, "--against", driver.cured, "--yes")
            #expect(cured.status == 0, "\(cured.errors)")
            #expect(cured.output.contains("\"id\": \"v\""))
            #expect(cured.errors.contains("cured: provision with") && cured.errors.contains("now:    Success in "))
            #expect(cured.errors.contains("\"password\":\"(removed)\""))

            _ = try await served.client.delete(
                .secret, ObjectKey(namespace: "default", name: "array"), DeleteOptions())
            let without = try await berth.command("driver", "replay", callID, "--against", driver.cured, "--yes")
            #expect(
                without.status == 1 && without.errors.contains("give them as --secret KEY=VALUE"), "\(without.errors)")
            let given = try await berth.command(
                "driver", "replay", callID, "--against", driver.cured, "--yes", "--secret", "password=other", "-o",
                "json")
            #expect(given.status == 0, "\(given.errors)")
            #expect(try JSONParser.parse(given.output.utf8).at("request", "secrets", "password") == "(removed)")
            // None of these was a call of the host.
            #expect(try await Self.records(berth, "sad").allSatisfy { $0["error"] != nil || $0["verb"] == "init" })
            #expect(before > 0)
        }
    }

    // MARK: Secrets

    @Test("the value of a secret stands in no record, no event, no log, and not in what a replay prints")
    func secrets() async throws {
        try await withFailedClaim { berth, served, driver, callID in
            var told = ""
            for arguments in [
                ["driver", "calls", "-o", "yaml"], ["driver", "calls", "-o", "wide"],
                ["driver", "calls", "show", callID],
                ["driver", "calls", "show", callID, "-o", "json"], ["driver", "replay", callID, "--yes"],
                ["driver", "replay", callID, "--yes", "-o", "json"],
                ["driver", "replay", callID, "--yes", "--against", driver.cured], ["driver", "list", "-o", "json"],
                ["driver", "describe", "sad"], ["driver", "describe", "sad", "-o", "json"],
                ["describe", "pvc", "data"],
            ] {
                let output = try await berth.command(arguments)
                told += output.output + output.errors
            }
            for event in try await served.client.list(.event, ListOptions()).items {
                told += event.decoded().prettyPrinted()
            }
            try await until("the calls are in their files", within: .seconds(30)) {
                try Self.keptFiles(berth).contains(callID)
            }
            told += try Self.keptFiles(berth)
            told += try String(contentsOfFile: served.log, encoding: .utf8)
            // The driver did print it, so that there was something to remove.
            #expect(told.contains("sad: provision with") && told.contains("(removed)"))
            #expect(!told.contains(SadDriver.password))
            #expect(!told.contains(Data(SadDriver.password.utf8).base64EncodedString()))
        }
    }

    // MARK: Support

    private static func records(_ berth: BerthUnderTest, _ arguments: String...) async throws -> [JSONValue] {
        let output = try await berth.command(["driver", "calls"] + arguments + ["-o", "json"])
        #expect(output.status == 0, "\(output.errors)")
        return try JSONParser.parse(output.output.utf8).arrayValue ?? []
    }

    /// What lies on disk of the calls on record.
    private static func keptFiles(_ berth: BerthUnderTest) throws -> String {
        let directory = berth.directory + "/data/calls"
        guard FileManager.default.fileExists(atPath: directory) else { return "" }
        return try FileManager.default.contentsOfDirectory(atPath: directory)
            .map { try String(contentsOfFile: directory + "/" + $0, encoding: .utf8) }.joined()
    }
}
