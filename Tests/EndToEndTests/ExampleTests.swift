import Foundation
import JSONTree
import KubernetesAPI
import Testing

@Suite("The examples")
struct ExampleTests {
    @Test("have names of their own: whoever has applied one can apply the others beside it")
    func distinctNames() throws {
        let root = URL(filePath: ClaimJourneyTests.examples)
        let files =
            FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "yaml" } ?? []
        #expect(files.count > 8)
        var owners: [String: String] = [:]
        for file in files {
            for manifest in try ManifestDecoder.decode(Array(Data(contentsOf: file)), file: file.path) {
                let object = manifest.object
                let name = object.at("metadata", "name")?.stringValue ?? ""
                let key = "\(object["kind"]?.stringValue ?? "") \(name)"
                if let other = owners.updateValue(file.lastPathComponent, forKey: key) {
                    Issue.record("\(key) stands in \(other) and in \(file.lastPathComponent)")
                }
            }
        }
    }
}
