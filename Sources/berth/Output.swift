import ArgumentParser
import Foundation
import JSONTree
import KubernetesAPI

/// What the command prints. Written at once: `print` keeps its output in a buffer that a killed process loses.
enum Output {
    static func line(_ text: String) {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func error(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    static func document(_ value: JSONValue, as format: DocumentFormat) {
        switch format {
        case .json: line(value.prettyPrinted())
        case .yaml: line(ManifestEncoder.encode(value))
        }
    }

    static func warnings(_ warnings: [String]) {
        for warning in warnings { error("Warning: \(warning)") }
    }
}

/// How a command prints what programs read.
enum DocumentFormat: String, ExpressibleByArgument, CaseIterable { case json, yaml }

/// Ends the command with exit status 1 and one message, without the usage text that `ValidationError` adds.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
