import CloudHTTP
import DriverProtocol
import StorageDriverKit
import Synchronization

/// The accounts of a driver's process, by what drivers.json says: connections, temporary credentials and what is known
/// of throttling outlast a call.
final class AccountPool: Sendable {
    private static let limit = 16

    private let client = HTTPClient(HTTPClient.Configuration(userAgent: "berth-aws-ebs/1.0"))
    private let environment = Environment.process
    private let accounts = Mutex<[DriverConfiguration: Account]>([:])

    /// EC2 for one call, whose names are checked.
    ///
    /// - Throws: ``DriverError``, `CancellationError`.
    func ec2(for request: DriverRequest) async throws -> EC2 {
        let deadline = request.callDeadline()
        if let name = request.volume?.name { try HostName.check(name, "volume.name", request.verb) }
        if let name = request.snapshot?.name { try HostName.check(name, "snapshot.name", request.verb) }
        let configuration = try DriverConfiguration(request.driver.config)
        let account: Account
        if let known = accounts.withLock({ $0[configuration] }) {
            account = known
        } else {
            let made = try await Account(configuration, environment, client: client, deadline: deadline)
            account = accounts.withLock { accounts in
                if let known = accounts[configuration] { return known }
                if accounts.count >= Self.limit { accounts.removeAll() }
                accounts[configuration] = made
                return made
            }
        }
        var own: SigV4Signer.Credentials?
        if let key = request.secrets["key_id"], let secret = request.secrets["access_key"] {
            own = SigV4Signer.Credentials(accessKeyID: key, secretAccessKey: secret)
        }
        return EC2(account: account, ownCredentials: own, deadline: deadline)
    }
}

/// The names that the host gives volumes and snapshots.
enum HostName {
    private static let making: Set<Verb> = [.validate, .provision, .delete, .createSnapshot, .deleteSnapshot]

    /// - Throws: ``DriverError`` `INVALID_ARGUMENT`. A PersistentVolume that somebody wrote by hand may have a longer
    ///   name than one that a host makes.
    static func check(_ name: String, _ field: String, _ verb: Verb) throws(DriverError) {
        let limit = making.contains(verb) ? 63 : 253
        func isAlphanumeric(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) }
        let bytes = Array(name.utf8)
        guard let first = bytes.first, let last = bytes.last, bytes.count <= limit, isAlphanumeric(first),
            isAlphanumeric(last), bytes.allSatisfy({ isAlphanumeric($0) || $0 == 0x2E || $0 == 0x2D })
        else {
            throw DriverError(
                .invalidArgument,
                "a name has 1 to \(limit) of a-z, 0-9, '.' and '-', and begins and ends with a letter or digit",
                field: field)
        }
    }
}
