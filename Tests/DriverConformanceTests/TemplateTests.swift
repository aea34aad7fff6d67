import DriverConformance
import DriverTemplates
import Foundation
import TestSupport
import Testing

@Suite("Templates of drivers")
struct TemplateTests {
    private static let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("nothing is found wrong with a new driver", arguments: DriverTemplate.Language.allCases)
    func passes(_ language: DriverTemplate.Language) async throws {
        try await withFolder { folder in
            let kit = language == .swift ? try Self.kit(in: folder) : nil
            let template = try DriverTemplate(name: "my-shelf", language: language, kit: kit)
            let driver = folder.appending(path: "driver")
            try Self.write(template, to: driver)
            var executable = driver.appending(path: template.executable)
            if language == .swift {
                try Self.build(driver)
                executable = driver.appending(path: ".build/debug/my-shelf-driver")
            }
            let configuration = ConformanceConfiguration(executable: executable.path, name: "my-shelf", seed: 11)
            let report = try await Gate.runs.pass { try await ConformanceSuite(configuration).run() }
            #expect(report.isConformant, "\(report.rendered(as: .text))")
            #expect(report.driver?.hasPrefix("my-shelf ") == true)
            #expect(report.leftovers == [])
        }
    }

    @Test("a driver has a README, a class and a claim, in which nothing is left to be filled in")
    func completeFiles() throws {
        for language in DriverTemplate.Language.allCases {
            let template = try DriverTemplate(name: "shelf", language: language, kit: .path("/src/berth"))
            #expect(Set(["README.md", "storageclass.yaml", "claim.yaml"]).isSubset(of: template.files.map(\.path)))
            for file in template.files {
                let text = String(decoding: file.content, as: UTF8.self)
                #expect(text.firstMatch(of: /@[A-Z]+@/) == nil, "\(language) \(file.path)")
            }
        }
    }

    @Test(
        "a name that no StorageClass can have is refused", arguments: ["", "My", "a_b", "-a", "a-", "1a", "a b", "a/b"])
    func refusedNames(_ name: String) {
        #expect(throws: DriverTemplate.Refused.self) { try DriverTemplate(name: name, language: .sh) }
    }

    @Test("a driver in Swift needs to know where the kit is")
    func kitIsNeeded() {
        #expect(throws: DriverTemplate.Refused.self) { try DriverTemplate(name: "shelf", language: .swift) }
    }

    private func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "template-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    private static func write(_ template: DriverTemplate, to folder: URL) throws {
        for file in template.files {
            let path = folder.appending(path: file.path)
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.content).write(to: path)
            let permissions = file.isExecutable ? 0o755 : 0o644
            try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path.path)
        }
    }

    /// Berth's package, as far as the kit goes: without what else it depends on, which would be fetched and resolved.
    private static func kit(in folder: URL) throws -> DriverTemplate.Kit {
        let kit = folder.appending(path: "berth")
        try FileManager.default.createDirectory(
            at: kit.appending(path: "Sources"), withIntermediateDirectories: true)
        for target in ["JSONTree", "DriverProtocol", "StorageDriverKit"] {
            try FileManager.default.copyItem(
                at: project.appending(path: "Sources/\(target)").resolvingSymlinksInPath(),
                to: kit.appending(path: "Sources/\(target)"))
        }
        let manifest = """
            // swift-tools-version: 6.2
            import PackageDescription
            let settings: [SwiftSetting] = [
                .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
            ]
            let package = Package(
                name: "berth",
                products: [
                    .library(name: "StorageDriverKit", targets: ["StorageDriverKit", "DriverProtocol", "JSONTree"])
                ],
                targets: [
                    .target(name: "JSONTree", swiftSettings: settings),
                    .target(
                        name: "DriverProtocol", dependencies: ["JSONTree"], exclude: ["Specification.md"],
                        swiftSettings: settings),
                    .target(
                        name: "StorageDriverKit", dependencies: ["JSONTree", "DriverProtocol"], swiftSettings: settings),
                ])
            """
        try Data(manifest.utf8).write(to: kit.appending(path: "Package.swift"))
        return .path(kit.path)
    }

    private static func build(_ folder: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["swift", "build", "--package-path", folder.path]
        let output = folder.appending(path: "build.log")
        _ = FileManager.default.createFile(atPath: output.path, contents: nil)
        let log = try FileHandle(forWritingTo: output)
        process.standardOutput = log
        process.standardError = log
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: output, encoding: .utf8)
        try #require(process.terminationStatus == 0, "swift build: \(text.suffix(3000))")
    }
}
