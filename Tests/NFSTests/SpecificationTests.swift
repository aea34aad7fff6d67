import DriverConformance
import TestSupport
import Testing

@Suite("The NFS driver against the specification", .withServer)
struct SpecificationTests {
    @Test("it keeps every rule where only the class names the server", arguments: versions)
    func conformsByClass(version: String) async throws {
        let scene = try Scene(version: version)
        let driver = ConformanceConfiguration(
            executable: try BuiltProducts.path(of: "nfs-driver"), name: "nfs", parameters: scene.parameters)
        let report = try await ConformanceSuite(driver).run()
        #expect(report.isConformant, "\(report.rendered(as: .text))")
    }

    @Test("it keeps every rule, whichever version of NFS it speaks", arguments: versions)
    func conforms(version: String) async throws {
        let scene = try Scene(version: version)
        let driver = ConformanceConfiguration(
            executable: try BuiltProducts.path(of: "nfs-driver"), name: "nfs", config: scene.config)
        let report = try await ConformanceSuite(driver).run()
        #expect(report.isConformant, "\(report.rendered(as: .text))")
    }
}
