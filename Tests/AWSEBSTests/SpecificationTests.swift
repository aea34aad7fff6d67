import CloudDriverTesting
import DriverConformance
import JSONTree
import TestSupport
import Testing

@Suite("The EBS driver against the specification")
struct SpecificationTests {
    @Test("it keeps every rule, started for each call and resident", arguments: ["csi", "in-tree"])
    func conforms(dialect: String) async throws {
        try await SimulatedEC2.run { ec2 in
            let driver = ConformanceConfiguration(
                executable: try BuiltProducts.path(of: "aws-ebs-driver"), name: "aws-ebs",
                config: ["endpoint": .string(ec2.url), "dialect": .string(dialect)])
            let report = try await ConformanceSuite(driver).run()
            #expect(report.isConformant, "\(report.rendered(as: .text))")
            #expect(report.leftovers == [])
            #expect(try await ec2.volumes().isEmpty)
        }
    }

    @Test("equal calls at one moment take one snapshot, also while EC2 shows late what it has made")
    func seenLate() async throws {
        let faults = """
            faults:
              - {fault: invisible, duration: 600ms, operation: CreateSnapshot}

            """
        try await SimulatedEC2.run(faults: faults) { ec2 in
            var driver = ConformanceConfiguration(
                executable: try BuiltProducts.path(of: "aws-ebs-driver"), name: "aws-ebs",
                config: ["endpoint": .string(ec2.url)])
            driver.only = "snapshot/same-time"
            let report = try await ConformanceSuite(driver).run()
            #expect(report.isConformant && report.counts.passed > 0, "\(report.rendered(as: .text))")
            #expect(report.leftovers == [])
        }
    }

    @Test(
        "what is restored and cloned holds what it was made of, mounted from disks with bytes",
        .enabled(if: LoopDevice.isAvailable))
    func contents() async throws {
        try await withTemporaryDirectory { directory in
            try await SimulatedEC2.run(dataDirectory: directory, contents: true) { ec2 in
                var driver = ConformanceConfiguration(
                    executable: try BuiltProducts.path(of: "aws-ebs-driver"), name: "aws-ebs",
                    config: [
                        "endpoint": .string(ec2.url), "zones": ["us-east-1a"],
                        "deviceDirectory": .string(directory + "/devices"),
                    ])
                for cases in ["copy/", "mount", "attach/", "expand/"] {
                    driver.only = cases
                    let report = try await ConformanceSuite(driver).run()
                    let text = report.rendered(as: .text)
                    #expect(report.isConformant && text.contains(" 0 skipped"), "\(text)")
                }
            }
        }
    }
}
