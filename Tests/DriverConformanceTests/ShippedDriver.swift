import Foundation
import TestSupport
import Testing

/// The drivers that stand in this project.
enum ShippedDriver: String, CaseIterable, CustomTestStringConvertible {
    case hostPath, directory, sparseFile

    var executable: String {
        get throws {
            switch self {
            case .hostPath: try BuiltProducts.path(of: "hostpath-driver")
            case .directory: Self.examples + "/directory/directory-driver"
            case .sparseFile: Self.examples + "/sparse-file/sparse-file-driver"
            }
        }
    }

    var environment: [String: String] { [:] }

    var testDescription: String { rawValue }

    static let examples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Examples/drivers").path
}
