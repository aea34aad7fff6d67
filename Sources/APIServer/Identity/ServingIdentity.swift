import Crypto
import Foundation
import KubernetesAPI
import NIOCore
import NIOSSL
import SwiftASN1
import X509

/// The server's certificate and key, and the authority by which clients trust them. Kept in the data directory's
/// `tls/` between starts; made anew when they near their end or do not cover a name by which the server is reached.
///
/// The authority's key signs one certificate and is forgotten: what is on disk cannot vouch for another server.
public struct ServingIdentity: Sendable {
    /// Nothing renews the certificate while the process runs, which may be for years.
    private static let validity: TimeInterval = 10 * 365 * 86400
    /// How long a connection's end waits for the client to confirm it (RFC 8446, section 6.1). Nothing is lost without:
    /// every answer says where it ends. The library's 5 s would keep the process after SIGTERM.
    private static let closing = TimeAmount.milliseconds(250)
    /// What must be left at a start, or it is made anew.
    private static let leastRemaining: TimeInterval = 90 * 86400

    /// PEM.
    let authority: String
    let certificate: String
    let privateKey: String

    /// Reads the identity from `directory/tls`, or makes one.
    ///
    /// - Parameters:
    ///   - directory: Exists.
    ///   - host: What the server listens on; for a wildcard, every address of this machine is covered.
    /// - Throws: ``ServingError`` when a file cannot be read or written.
    public static func load(in directory: String, host: String) throws -> ServingIdentity {
        try load(in: directory, host: host, now: Date())
    }

    static func load(in directory: String, host: String, now: Date) throws -> ServingIdentity {
        let folder = directory + "/tls"
        try PrivateFile.makeDirectory(folder)
        let names = Self.names(host: host)
        if let authority = try PrivateFile.read(folder + "/ca.crt", isSecret: false),
            let certificate = try PrivateFile.read(folder + "/server.crt", isSecret: false),
            let privateKey = try PrivateFile.read(folder + "/server.key")
        {
            let identity = ServingIdentity(authority: authority, certificate: certificate, privateKey: privateKey)
            if identity.isFit(for: names, now: now) { return identity }
        }
        let identity = try make(for: names, now: now)
        // The certificate last: with a crash in between, the key does not fit it, and all is made again.
        try PrivateFile.write(identity.privateKey, to: folder + "/server.key")
        try PrivateFile.write(identity.authority, to: folder + "/ca.crt")
        try PrivateFile.write(identity.certificate, to: folder + "/server.crt")
        return identity
    }

    /// TLS 1.2 and later, with HTTP/1.1.
    var tlsConfiguration: TLSConfiguration {
        get throws {
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(privateKey.utf8), format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            configuration.shutdownTimeout = Self.closing
            return configuration
        }
    }

    /// Whether the certificate covers `names`, is signed by the authority, fits the key, and lasts.
    private func isFit(for names: [GeneralName], now: Date) -> Bool {
        guard let certificate = try? Certificate(pemEncoded: certificate),
            let authority = try? Certificate(pemEncoded: authority),
            let privateKey = try? Certificate.PrivateKey(pemEncoded: privateKey),
            let covered = try? certificate.extensions.subjectAlternativeNames
        else { return false }
        return privateKey.publicKey == certificate.publicKey
            && authority.publicKey.isValidSignature(certificate.signature, for: certificate)
            && certificate.notValidBefore <= now
            && certificate.notValidAfter > now.addingTimeInterval(Self.leastRemaining)
            && names.allSatisfy { covered.contains($0) }
    }

    private static func make(for names: [GeneralName], now: Date) throws -> ServingIdentity {
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName { CommonName("berth-ca") }
        // A client's clock may be behind.
        let start = now.addingTimeInterval(-3600)
        let end = now.addingTimeInterval(validity)
        let authorityIdentifier = SubjectKeyIdentifier(hash: authorityKey.publicKey)
        let authority = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: authorityKey.publicKey,
            notValidBefore: start, notValidAfter: end, issuer: authorityName, subject: authorityName,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(digitalSignature: true, keyCertSign: true))
                authorityIdentifier
            },
            issuerPrivateKey: authorityKey)

        let key = P256.Signing.PrivateKey()
        let publicKey = Certificate.PrivateKey(key).publicKey
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey, notValidBefore: start,
            notValidAfter: end, issuer: authorityName, subject: try DistinguishedName { CommonName("berth") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: authorityIdentifier.keyIdentifier)
                SubjectAlternativeNames(names)
            },
            issuerPrivateKey: authorityKey)
        return ServingIdentity(
            authority: try authority.serializeAsPEM().pemString + "\n",
            certificate: try certificate.serializeAsPEM().pemString + "\n",
            privateKey: key.pemRepresentation + "\n")
    }

    /// Every name and address by which a client may reach the server.
    private static func names(host: String) -> [GeneralName] {
        var hosts = ["localhost", "127.0.0.1", "::1"]
        let hostname = ProcessInfo.processInfo.hostName
        if !hostname.isEmpty { hosts.append(hostname) }
        if SocketAddressText.isWildcard(host) {
            // Not being able to name them costs a client on another machine its trust, not the server its start.
            let devices = (try? System.enumerateDevices()) ?? []
            hosts += devices.compactMap { $0.address?.ipAddress }.filter { !$0.contains("%") }.sorted()
        } else {
            hosts.append(host)
        }
        var names: [GeneralName] = []
        for host in hosts {
            let name: GeneralName =
                if let bytes = SocketAddressText.bytes(host) {
                    .ipAddress(ASN1OctetString(contentBytes: bytes[...]))
                } else {
                    .dnsName(host)
                }
            if !names.contains(name) { names.append(name) }
        }
        return names
    }
}

/// Services are logged whole when they start, and this stands within one: the key stays out of every description.
extension ServingIdentity: CustomStringConvertible, CustomReflectable {
    public var description: String { "(a certificate and its key)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
