import DriverConformance
import Foundation
import TestSupport
import Testing

@Suite("Drivers that are right")
struct ConformantDriverTests {
    @Test("nothing is found wrong with a driver that we ship", arguments: ShippedDriver.allCases)
    func nothingIsFound(_ driver: ShippedDriver) async throws {
        var configuration = ConformanceConfiguration(executable: try driver.executable, seed: 1)
        configuration.environment = driver.environment
        let report = try await Gate.runs.pass { [configuration] in try await ConformanceSuite(configuration).run() }
        #expect(report.isConformant, "\(report.rendered(as: .text))")
        #expect(report.leftovers == [])
    }

    @Test("nothing is found wrong with the driver that stands in the specification")
    func driverOfTheSpecification() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "specified-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = try String(contentsOf: RuleTests.specification, encoding: .utf8)
        let script = try #require(text.firstMatch(of: /```sh driver\n([\s\S]*?)```/)).1
        let executable = folder.appending(path: "tiny-driver")
        try Data(script.utf8).write(to: executable)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: executable.path)
        try FileManager.default.copyItem(
            atPath: ShippedDriver.examples + "/directory/json-lines.awk",
            toPath: folder.appending(path: "json-lines.awk").path)
        let configuration = ConformanceConfiguration(executable: executable.path, seed: 2)
        let report = try await Gate.runs.pass { try await ConformanceSuite(configuration).run() }
        #expect(report.isConformant, "\(report.rendered(as: .text))")
    }
}
