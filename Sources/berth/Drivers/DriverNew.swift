public import ArgumentParser
public import DriverTemplates
import Foundation

struct DriverNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Begin a driver: a folder with one that works, to be changed.",
        discussion: """
            The driver passes `berth driver check` as it is. Its README says how to build, test, register and use it.

            EXAMPLES
              berth driver new my-storage --language sh
              berth driver new my-storage --language python
              berth driver new my-storage --language swift --kit ~/berth
            """)

    @Argument(help: "The folder to make; its name becomes the driver's.") var directory: String
    @Option(help: "sh, python or swift.") var language: DriverTemplate.Language
    @Option(help: "The driver's name; default: the folder's.") var name: String?
    @Option(help: "For Swift: the folder or the Git URL of Berth's package, which has StorageDriverKit.") var kit:
        String?

    func run() throws {
        let folder = URL(filePath: Locations.absolute(directory))
        let template = try DriverTemplate(
            name: name ?? folder.lastPathComponent.lowercased(), language: language, kit: kitReference)
        let manager = FileManager.default
        if manager.fileExists(atPath: folder.path) {
            let content = try manager.contentsOfDirectory(atPath: folder.path)
            guard content.isEmpty else {
                throw CommandFailure("\(folder.path) is there already, and not empty; name another folder")
            }
        }
        for file in template.files {
            let path = folder.appending(path: file.path)
            try manager.createDirectory(at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.content).write(to: path)
            try manager.setAttributes([.posixPermissions: file.isExecutable ? 0o755 : 0o644], ofItemAtPath: path.path)
            Output.line("\(directory)/\(file.path)")
        }
        Output.line("")
        Output.line("Next:")
        Output.line("  cd \(directory)")
        if let command = template.buildCommand { Output.line("  \(command)") }
        let executable = template.executable.contains("/") ? template.executable : "./\(template.executable)"
        Output.line("  berth driver check \(executable)")
        Output.line(
            "  berth driver register \(executable) --name \(template.name) --provisioner example.com/\(template.name)")
    }

    private var kitReference: DriverTemplate.Kit? {
        guard let kit else { return nil }
        return kit.contains("://") || kit.hasPrefix("git@") ? .repository(kit) : .path(Locations.absolute(kit))
    }
}

extension DriverTemplate.Language: ExpressibleByArgument {}
