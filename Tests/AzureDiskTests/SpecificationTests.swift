import CloudDriverTesting
import DriverConformance
import JSONTree
import TestSupport
import Testing

@Suite("The Azure Disk driver against the specification")
struct SpecificationTests {
    @Test("it keeps every rule, started for each call and resident", arguments: ["csi", "in-tree"])
    func conforms(dialect: String) async throws {
        try await SimulatedAzure.run { azure in
            var config = azure.place
            config["dialect"] = .string(dialect)
            let driver = ConformanceConfiguration(
                executable: try BuiltProducts.path(of: "azure-disk-driver"), name: "azure-disk", config: config)
            let report = try await ConformanceSuite(driver).run()
            #expect(report.isConformant, "\(report.rendered(as: .text))")
            #expect(report.leftovers == [])
            #expect(try await azure.disks().isEmpty)
        }
    }

    @Test(
        "what is restored and cloned holds what it was made of, mounted from disks with bytes",
        .enabled(if: LoopDevice.isAvailable, "loop devices need root and /dev/loop-control"))
    func contents() async throws {
        try await withTemporaryDirectory { directory in
            try await SimulatedAzure.run(dataDirectory: directory, contents: true) { azure in
                var config = azure.place
                config["deviceDirectory"] = .string(directory + "/devices")
                for cases in ["copy/", "mount", "attach/", "expand/"] {
                    var driver = ConformanceConfiguration(
                        executable: try BuiltProducts.path(of: "azure-disk-driver"), name: "azure-disk", config: config)
                    driver.only = cases
                    let report = try await ConformanceSuite(driver).run()
                    let text = report.rendered(as: .text)
                    #expect(report.isConformant && text.contains(" 0 skipped"), "\(text)")
                }
            }
        }
    }
}
