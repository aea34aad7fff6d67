public import DriverProtocol

/// A parameter of a StorageClass that says where beneath a base directory a volume lies, as `${pvc.namespace}/${pvc.name}`.
///
/// The words of other provisioners are understood too, so that their classes can be moved over as they are:
/// `${pvc.metadata.name}`, `${pvc.metadata.namespace}`, `${pv.metadata.name}` of nfs.csi.k8s.io; `${.PVC.name}`,
/// `${.PVC.namespace}`, `${.PVC.labels.KEY}`, `${.PVC.annotations.KEY}` of nfs-subdir-external-provisioner.
public struct PathPattern: Sendable {
    private enum Part: Sendable {
        case text(String)
        case volumeName, namespace, claimName
        case annotation(String)
        case label(String)
    }

    public static let byVolumeName = "${pv.name}"
    private static let tokens =
        "${pvc.namespace}, ${pvc.name}, ${pvc.annotations['KEY']}, ${pvc.labels['KEY']}, ${pv.name}"

    private let parts: [Part]
    private let pattern: String
    private let parameter: String

    /// - Parameter parameter: The parameter's name, for errors.
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`: an unknown token, or one without its end.
    public init(_ pattern: String, parameter: String = "pathPattern") throws(DriverError) {
        self.pattern = pattern
        self.parameter = parameter
        var parts: [Part] = []
        var rest = pattern[...]
        var text = ""
        while let character = rest.popFirst() {
            guard character == "$", rest.first == "{" else {
                text.append(character)
                continue
            }
            guard let end = Self.end(of: rest) else {
                throw Self.invalid(parameter, "'\(pattern)' has a token without its }")
            }
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            let token = rest[rest.index(after: rest.startIndex)..<end]
            guard let part = Self.part(token) else {
                throw Self.invalid(
                    parameter, "'\(pattern)' has the unknown token ${\(token)}; there are \(Self.tokens)")
            }
            parts.append(part)
            rest = rest[rest.index(after: end)...]
        }
        if !text.isEmpty { parts.append(.text(text)) }
        self.parts = parts
    }

    /// The path of one volume. A token's value becomes part of one component and never a component's end: it may not
    /// hold a slash, so that a tenant who chooses an annotation chooses a name and not a place.
    ///
    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`, final: a token without a value, or a value that is no name.
    public func path(volume: String, claim: ClaimReference?) throws(DriverError) -> VolumePath {
        var path = ""
        for part in parts {
            switch part {
            case .text(let text): path += text
            case .volumeName: path += try checked(volume, "pv.name")
            case .namespace: path += try checked(claim?.namespace, "pvc.namespace")
            case .claimName: path += try checked(claim?.name, "pvc.name")
            case .annotation(let key): path += try checked(claim?.annotations[key], "pvc.annotations['\(key)']")
            case .label(let key): path += try checked(claim?.labels[key], "pvc.labels['\(key)']")
            }
        }
        do {
            return try VolumePath(path)
        } catch {
            throw invalid("'\(pattern)' gives a path that \(error.reason)")
        }
    }

    private func checked(_ value: String?, _ token: String) throws(DriverError) -> String {
        guard let value, !value.isEmpty else {
            throw invalid("'\(pattern)' needs ${\(token)}, which this claim does not have")
        }
        guard !value.utf8.contains(UInt8(ascii: "/")) else {
            throw invalid("'\(pattern)': the value of ${\(token)} holds a slash; it must be a name, not a path")
        }
        return value
    }

    /// The } that ends the token; within quotes, as part of a key, one does not count.
    private static func end(of rest: Substring) -> Substring.Index? {
        var isQuoted = false
        for index in rest.indices {
            if rest[index] == "'" { isQuoted.toggle() }
            if rest[index] == "}", !isQuoted { return index }
        }
        return nil
    }

    private static func part(_ token: Substring) -> Part? {
        switch token {
        case "pv.name", "pv.metadata.name": return .volumeName
        case "pvc.namespace", "pvc.metadata.namespace", ".PVC.namespace": return .namespace
        case "pvc.name", "pvc.metadata.name", ".PVC.name": return .claimName
        default:
            if let key = key(of: token, in: "pvc.annotations") { return .annotation(key) }
            if let key = key(of: token, in: "pvc.labels") { return .label(key) }
            if token.hasPrefix(".PVC.annotations.") { return .annotation(String(token.dropFirst(17))) }
            if token.hasPrefix(".PVC.labels.") { return .label(String(token.dropFirst(12))) }
            return nil
        }
    }

    private static func key(of token: Substring, in map: String) -> String? {
        guard token.hasPrefix(map + "['"), token.hasSuffix("']") else { return nil }
        let key = token.dropFirst(map.count + 2).dropLast(2)
        return key.isEmpty || key.contains("'") ? nil : String(key)
    }

    private func invalid(_ message: String) -> DriverError { Self.invalid(parameter, message) }

    private static func invalid(_ parameter: String, _ message: String) -> DriverError {
        DriverError(.invalidArgument, "\(parameter) \(message)", field: "parameters.\(parameter)")
    }
}
