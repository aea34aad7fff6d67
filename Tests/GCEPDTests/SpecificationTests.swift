import CloudDriverTesting
import DriverConformance
import JSONTree
import TestSupport
import Testing

@Suite("The Persistent Disk driver against the specification")
struct SpecificationTests {
    /// Instances of which none is this machine: no device appears here that a case could wait for.
    private static let elsewhere = "  instances: [{name: node-a, zone: us-central1-a, machineType: n2-standard-4}]\n"

    @Test("it keeps every rule, started for each call and resident", arguments: ["csi", "in-tree"])
    func conforms(dialect: String) async throws {
        try await ComputeUnderTest.run(settings: Self.elsewhere) { compute in
            let report = try await ConformanceSuite(try Self.driver(compute, dialect)).run()
            #expect(report.isConformant, "\(report.rendered(as: .text))")
            #expect(report.leftovers == [])
            #expect(try await compute.disks().isEmpty)
        }
    }

    @Test("it attaches disks to this machine, and detaches them, twice in a row")
    func attaches() async throws {
        try await ComputeUnderTest.run { compute in
            var driver = try Self.driver(compute, "csi")
            driver.only = "attach/twice"
            let report = try await ConformanceSuite(driver).run()
            #expect(report.isConformant, "\(report.rendered(as: .text))")
            #expect(report.counts.passed > 0 && report.counts.skipped == 0, "\(report.rendered(as: .text))")
            #expect(try await compute.disks().isEmpty)
        }
    }

    @Test(
        "what is restored and cloned holds what it was made of, mounted from disks with bytes",
        .enabled(if: LoopDevice.isAvailable, "loop devices need root and /dev/loop-control"))
    func contents() async throws {
        try await withTemporaryDirectory { directory in
            try await ComputeUnderTest.run(dataDirectory: directory, contents: true) { compute in
                for cases in ["copy/", "mount", "expand/"] {
                    // Anew each time: the names of calls, which requests are told apart by, come with it.
                    var driver = try Self.driver(compute, "csi")
                    driver.config["deviceDirectory"] = .string(directory + "/devices")
                    driver.only = cases
                    let report = try await ConformanceSuite(driver).run()
                    let text = report.rendered(as: .text)
                    #expect(report.isConformant && report.counts.skipped == 0, "\(text)")
                }
            }
        }
    }

    private static func driver(_ compute: ComputeUnderTest, _ dialect: String) throws -> ConformanceConfiguration {
        ConformanceConfiguration(
            executable: try BuiltProducts.path(of: "gce-pd-driver"), name: "gce-pd",
            config: [
                "endpoint": .string(compute.url), "dialect": .string(dialect), "anonymous": true,
                "project": "berth-project", "zone": "us-central1-a",
            ])
    }
}
