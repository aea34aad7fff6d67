import HTTPTypes
import Hummingbird
import KubernetesAPI

/// The query of a request that writes (`meta/v1` CreateOptions, UpdateOptions, PatchOptions).
struct WriteParameters {
    let fieldManager: String?
    let isDryRun: Bool
    let fieldValidation: FieldValidation
    let force: Bool?

    private static let longestFieldManager = 128

    /// - Parameter kind: As the error names it, for example `CreateOptions`.
    /// - Throws: `Invalid` (422).
    init(_ query: Query, headers: HTTPFields, kind: String) throws(StatusError) {
        isDryRun = try Self.isDryRun(query.all("dryRun"), kind: kind)
        force = query.flag("force")
        let validation = query["fieldValidation"] ?? ""
        // Since 1.25 a client that says nothing is warned.
        guard let fieldValidation = validation.isEmpty ? .warn : FieldValidation(rawValue: validation) else {
            throw .invalidOptions(
                kind, field: "fieldValidation", reason: "FieldValueNotSupported",
                "Unsupported value: \"\(validation)\": supported values: \"Ignore\", \"Strict\", \"Warn\"")
        }
        self.fieldValidation = fieldValidation
        let manager = query["fieldManager"] ?? ""
        guard manager.utf8.count <= Self.longestFieldManager else {
            throw .invalidOptions(
                kind, field: "fieldManager", reason: "FieldValueTooLong",
                "Too long: may not be more than \(Self.longestFieldManager) bytes")
        }
        guard manager.unicodeScalars.allSatisfy({ $0.properties.isPrintable }) else {
            throw .invalidOptions(
                kind, field: "fieldManager", reason: "FieldValueInvalid",
                "Invalid value: \"\(manager)\": should only contain printable characters")
        }
        fieldManager = manager.isEmpty ? Self.fieldManager(userAgent: headers[.userAgent]) : manager
    }

    /// What stands before the first `/` of `kubectl/v1.32.4 (linux/amd64)`.
    static func fieldManager(userAgent: String?) -> String {
        let product = (userAgent ?? "").prefix { $0 != "/" }.unicodeScalars.filter { $0.properties.isPrintable }
        let name = String(String.UnicodeScalarView(product.prefix(longestFieldManager)))
        return name.isEmpty ? "unknown" : name
    }

    static func isDryRun(_ values: [String], kind: String) throws(StatusError) -> Bool {
        for value in values where value != "All" {
            throw .invalidOptions(
                kind, field: "dryRun", reason: "FieldValueNotSupported",
                "Unsupported value: \"\(value)\": supported values: \"All\"")
        }
        return !values.isEmpty
    }

    func options(_ path: ResourcePath) -> WriteOptions {
        WriteOptions(
            fieldManager: fieldManager, subresource: path.subresource == .status ? "status" : nil, isDryRun: isDryRun,
            fieldValidation: fieldValidation)
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isPrintable: Bool {
        switch generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
