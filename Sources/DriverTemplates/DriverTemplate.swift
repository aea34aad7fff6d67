/// A driver to begin with: a folder of files that is a working driver, commented, right by the conformance suite.
public struct DriverTemplate: Sendable {
    public enum Language: String, Sendable, CaseIterable {
        case sh, python, swift
    }

    /// One file of the folder.
    public struct File: Sendable, Hashable {
        /// Relative to the folder.
        public var path: String
        public var content: [UInt8]
        public var isExecutable: Bool
    }

    /// Where a driver in Swift finds StorageDriverKit: Berth's own package.
    public enum Kit: Sendable, Hashable {
        /// A checkout on this machine, an absolute path.
        case path(String)
        /// A Git repository, of which the branch `main` is taken.
        case repository(String)
    }

    /// Why there is no such driver.
    public struct Refused: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// As drivers.json, the class and the executable call it.
    public let name: String
    public let language: Language
    public let files: [File]

    /// - Parameters:
    ///   - name: At most 40 of `[a-z0-9-]`, beginning with a letter: it becomes the name of a StorageClass.
    ///   - kit: Needed for Swift.
    /// - Throws: ``Refused``.
    public init(name: String, language: Language, kit: Kit? = nil) throws(Refused) {
        guard name.utf8.count <= 40, name.wholeMatch(of: /[a-z]([a-z0-9\-]*[a-z0-9])?/) != nil else {
            throw Refused(
                description:
                    "a driver's name has at most 40 of a-z, 0-9 and -, and begins with a letter: not \"\(name)\"")
        }
        self.name = name
        self.language = language
        switch language {
        case .sh: files = Self.shell(name)
        case .python: files = Self.python(name)
        case .swift:
            guard let kit else {
                throw Refused(
                    description:
                        "a driver in Swift needs StorageDriverKit: say where Berth's package is, with --kit PATH|URL")
            }
            files = Self.swift(name, kit)
        }
    }

    /// The executable, relative to the folder, when it is built.
    public var executable: String {
        language == .swift ? ".build/release/\(name)-driver" : "\(name)-driver"
    }

    /// How it is built; `nil` where nothing is to be built.
    public var buildCommand: String? {
        language == .swift ? "swift build -c release --static-swift-stdlib" : nil
    }

    private static func shell(_ name: String) -> [File] {
        let script = text(PackageResources.directory_driver)
            .replacing("\"name\":\"directory\"", with: "\"name\":\"\(name)\"")
            .replacing("directory-driver", with: "\(name)-driver")
        return [
            File(path: "\(name)-driver", content: Array(script.utf8), isExecutable: true),
            File(path: "json-lines.awk", content: PackageResources.json_lines_awk, isExecutable: false),
        ]
            + common(
                name,
                about: """
                    A volume is a directory on this machine. `\(name)-driver`, in sh, is all of it; `json-lines.awk` reads JSON for \
                    it.
                    """, build: nil, driver: "./\(name)-driver")
    }

    private static func python(_ name: String) -> [File] {
        [
            File(
                path: "\(name)-driver", content: filled(PackageResources.python_driver_template, name: name),
                isExecutable: true),
            File(path: "berth_driver.py", content: PackageResources.berth_driver_py, isExecutable: false),
        ]
            + common(
                name,
                about: """
                    A volume is a directory on this machine. `\(name)-driver`, in Python, is the storage; `berth_driver.py` is what \
                    all drivers do alike.
                    """, build: nil, driver: "./\(name)-driver")
    }

    private static func swift(_ name: String, _ kit: Kit) -> [File] {
        let type = name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined() + "Driver"
        let (reference, location) =
            switch kit {
            case .path(let path): ("path: \"\(path)\"", path)
            case .repository(let url): ("url: \"\(url)\", branch: \"main\"", url)
            }
        // SwiftPM calls a package by the last part of where it comes from.
        let last = location.split(separator: "/").last.map(String.init) ?? "berth"
        let kitName = last.hasSuffix(".git") ? String(last.dropLast(4)) : last
        let values = ["TYPE": type, "KIT": reference, "KITNAME": kitName]
        return [
            File(
                path: "Package.swift", content: filled(PackageResources.Package_swift_template, name: name, values),
                isExecutable: false),
            File(
                path: "Sources/\(type).swift",
                content: filled(PackageResources.Driver_swift_template, name: name, values), isExecutable: false),
            File(
                path: "Sources/Shelf.swift", content: PackageResources.Shelf_swift_template, isExecutable: false),
            File(path: ".gitignore", content: Array(".build\n".utf8), isExecutable: false),
        ]
            + common(
                name,
                about: """
                    A volume is a directory on this machine. `Sources/\(type).swift` has the verbs, `Sources/Shelf.swift` the \
                    storage behind them; StorageDriverKit does the rest.
                    """, build: "swift build -c release --static-swift-stdlib", driver: ".build/release/\(name)-driver")
    }

    private static func common(_ name: String, about: String, build: String?, driver: String) -> [File] {
        var readme = text(
            filled(
                PackageResources.README_md_template, name: name,
                ["ABOUT": about, "BUILD": build ?? "", "DRIVER": driver]))
        if build == nil { readme = readme.replacing("| build | `` |\n", with: "") }
        return [
            File(path: "README.md", content: Array(readme.utf8), isExecutable: false),
            File(
                path: "storageclass.yaml", content: filled(PackageResources.storageclass_yaml_template, name: name),
                isExecutable: false),
            File(
                path: "claim.yaml", content: filled(PackageResources.claim_yaml_template, name: name),
                isExecutable: false),
        ]
    }

    private static func filled(_ template: [UInt8], name: String, _ values: [String: String] = [:]) -> [UInt8] {
        var text = text(template).replacing("@NAME@", with: name)
        for (key, value) in values { text = text.replacing("@\(key)@", with: value) }
        return Array(text.utf8)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
