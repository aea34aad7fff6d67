import KubernetesAPI

/// Names a Secret; what is in it never stands in anything that is stored or printed.
struct SecretReference: Sendable, Hashable, CustomStringConvertible {
    var namespace: String
    var name: String

    var key: ObjectKey { ObjectKey(namespace: namespace, name: name) }
    var description: String { "\(namespace)/\(name)" }
}

/// A Secret as a StorageClass names it: with tokens that each claim fills in (external-provisioner's
/// `csi.storage.k8s.io/…-secret-name` and `-secret-namespace`).
struct SecretTemplate: Sendable, Hashable {
    /// What the tokens stand for.
    struct Values: Sendable {
        var volumeName: String
        var claim: ObjectKey
        var claimAnnotations: [String: String]
    }

    /// The class's keys, for messages: `csi.storage.k8s.io/provisioner-secret`.
    var keyPrefix: String
    var name: String
    var namespace: String

    /// - Throws: ``ClassParameterError`` for a token that is unknown or has no value, and for a result that can be no
    ///   name. The namespace takes only tokens that the claim's owner does not choose freely.
    func resolved(_ values: Values) throws(ClassParameterError) -> SecretReference {
        let namespace = try expand(self.namespace, key: keyPrefix + "-namespace") { token in
            switch token {
            case "pv.name": values.volumeName
            case "pvc.namespace": values.claim.namespace
            default: nil
            }
        }
        let name = try expand(self.name, key: keyPrefix + "-name") { token in
            switch token {
            case "pv.name": return values.volumeName
            case "pvc.namespace": return values.claim.namespace
            case "pvc.name": return values.claim.name
            default:
                return Self.annotationKey(token).flatMap { values.claimAnnotations[$0] }
            }
        }
        return SecretReference(namespace: namespace, name: name)
    }

    /// Looks for what no claim could fill in.
    ///
    /// - Throws: ``ClassParameterError`` for a token that does not exist.
    func checkTokens() throws(ClassParameterError) {
        let known = ["pv.name", "pvc.namespace"]
        _ = try expand(namespace, key: keyPrefix + "-namespace") { known.contains($0) ? "x" : nil }
        _ = try expand(name, key: keyPrefix + "-name") { token in
            known.contains(token) || token == "pvc.name" || Self.annotationKey(token) != nil ? "x" : nil
        }
    }

    /// `k` of `pvc.annotations['k']`.
    private static func annotationKey(_ token: String) -> String? {
        guard token.hasPrefix("pvc.annotations['"), token.hasSuffix("']"), token.count > 19 else { return nil }
        return String(token.dropFirst(17).dropLast(2))
    }

    private func expand(
        _ template: String, key: String, value: (String) -> String?
    ) throws(ClassParameterError) -> String {
        var result = ""
        var rest = Substring(template)
        while let start = rest.firstRange(of: "${") {
            result += rest[..<start.lowerBound]
            guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
                throw ClassParameterError(parameter: key, message: "\"\(template)\" has a \"${\" that is not closed")
            }
            let token = String(rest[start.upperBound..<end])
            guard let value = value(token) else {
                throw ClassParameterError(
                    parameter: key,
                    message: "\"\(template)\": ${\(token)} cannot be resolved. Known here: "
                        + (key.hasSuffix("-namespace")
                            ? "${pv.name}, ${pvc.namespace}"
                            : "${pv.name}, ${pvc.namespace}, ${pvc.name}, ${pvc.annotations['KEY']} with a KEY that the "
                                + "claim has"))
            }
            result += value
            rest = rest[rest.index(after: end)...]
        }
        result += rest
        guard Self.isName(result) else {
            throw ClassParameterError(
                parameter: key,
                message: "\"\(template)\" gives \"\(result)\", which can be no object's name (lower case letters, "
                    + "digits, '-' and '.', at most 253)")
        }
        return result
    }

    /// RFC 1123 subdomain, as Kubernetes names objects.
    private static func isName(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard (1...253).contains(bytes.count), let first = bytes.first, let last = bytes.last else { return false }
        func isAlphanumeric(_ byte: UInt8) -> Bool {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
    }
}
