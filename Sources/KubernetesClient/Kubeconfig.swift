import Foundation
import JSONTree
import KubernetesAPI

/// Why a kubeconfig file, or a server's answer, cannot be used. Never holds a token.
public struct ClientError: Error, Sendable, Hashable, CustomStringConvertible {
    public enum Code: Sendable, Hashable { case kubeconfig, unreachable, badAnswer }

    public var code: Code
    public var message: String

    public var description: String { message }
}

/// Where an API server is and how to speak to it: what `kubectl` reads from the same file.
///
/// Understands `certificate-authority(-data)`, `insecure-skip-tls-verify`, `tls-server-name`, `token(File)`,
/// `client-certificate(-data)` and `client-key(-data)`; exec plugins and auth providers are refused by name.
public struct Kubeconfig: Sendable {
    public var server: String
    public var certificateAuthorityPEM: String?
    public var skipsTLSVerification = false
    public var clientCertificatePEM: String?
    public var clientKeyPEM: String?
    public var token: String?
    public var namespace: String

    /// Reads `path` and follows its `current-context`, or `context` when given.
    ///
    /// - Throws: ``ClientError`` that names the file and what it lacks.
    public static func load(path: String, context: String? = nil) throws -> Kubeconfig {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ClientError(
                code: .kubeconfig,
                message: "no kubeconfig at \(path): start `berth serve`, which writes one, or pass --kubeconfig")
        }
        let config = try ManifestDecoder.decodeDocument(Array(data), file: path)
        return try Kubeconfig(config, path: path, context: context)
    }

    private init(_ config: JSONValue, path: String, context: String?) throws {
        func fault(_ message: String) -> ClientError { ClientError(code: .kubeconfig, message: "\(path): \(message)") }
        func entry(_ list: String, _ name: String, _ member: String) throws -> JSONValue {
            guard
                let found = config[list]?.arrayValue?.first(where: { $0["name"]?.stringValue == name })?[member]
            else { throw fault("there is no entry \"\(name)\" in \(list)") }
            return found
        }
        /// `key-data` in base64, or the file that `key` names (relative to the kubeconfig).
        func pem(_ object: JSONValue, _ key: String) throws -> String? {
            if let encoded = object[key + "-data"]?.stringValue, !encoded.isEmpty {
                guard let data = Data(base64Encoded: encoded) else { throw fault("\(key)-data is not base64") }
                return String(decoding: data, as: UTF8.self)
            }
            return try object[key]?.stringValue.map { try contents(of: $0) }
        }
        func contents(of file: String) throws -> String {
            let base = URL(fileURLWithPath: path).deletingLastPathComponent()
            let url = URL(fileURLWithPath: file, relativeTo: base)
            guard let text = try? String(contentsOf: url, encoding: .utf8) else {
                throw fault("cannot read \(url.path), which it refers to")
            }
            return text
        }

        guard let name = context ?? config["current-context"]?.stringValue, !name.isEmpty else {
            throw fault("current-context is not set")
        }
        let context = try entry("contexts", name, "context")
        let cluster = try entry("clusters", context["cluster"]?.stringValue ?? "", "cluster")
        guard let server = cluster["server"]?.stringValue else { throw fault("the cluster has no server") }
        self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
        certificateAuthorityPEM = try pem(cluster, "certificate-authority")
        skipsTLSVerification = cluster["insecure-skip-tls-verify"]?.boolValue ?? false
        namespace = context["namespace"]?.stringValue ?? "default"
        guard let userName = context["user"]?.stringValue, !userName.isEmpty else { return }
        let user = try entry("users", userName, "user")
        for unsupported in ["exec", "auth-provider"] where user[unsupported] != nil {
            throw fault("user \"\(userName)\" authenticates by \(unsupported), which berth does not run; use a token")
        }
        clientCertificatePEM = try pem(user, "client-certificate")
        clientKeyPEM = try pem(user, "client-key")
        token =
            try user["token"]?.stringValue
            ?? user["tokenFile"]?.stringValue.map {
                try contents(of: $0).trimmingCharacters(in: .whitespacesAndNewlines)
            }
    }
}
