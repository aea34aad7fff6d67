import DriverProtocol
import StorageDriverKit
import Synchronization

/// Connections that outlive a call, for a resident driver. A session belongs to one call at a time.
final class SessionPool: Sendable {
    private struct Key: Hashable {
        let export: Export
        let credential: RPCCredential
    }

    /// More would only tie up the server.
    private static let idleLimit = 16

    private let idle = Mutex<[Key: [Session]]>([:])

    /// Runs `body` with a session of the share.
    ///
    /// A connection that was kept may be dead, and handles that were kept may be stale, because the server has been
    /// restarted meanwhile: then `body` runs a second time with new ones. Every verb of this driver can be repeated, a
    /// part of it too. After a failure that leaves requests outstanding, the connection is closed.
    ///
    /// - Parameter task: What fails if this does, as the beginning of a sentence.
    func withSession<Result>(
        _ export: Export, _ credential: RPCCredential, _ task: String, outcome: DriverError.Outcome,
        _ body: (Session) throws -> Result
    ) throws -> Result {
        let key = Key(export: export, credential: credential)
        do {
            if let session = take(key) {
                do {
                    let result = try body(session)
                    put(session, key)
                    return result
                } catch let error as NFSError where error.isWorthReconnecting {
                } catch {
                    put(session, key)
                    throw error
                }
            }
            let session = try Session(export, credential: credential)
            defer { put(session, key) }
            return try body(session)
        } catch let error as NFSError {
            throw error.driverError(task, outcome: outcome)
        }
    }

    private func take(_ key: Key) -> Session? {
        while true {
            guard let session = idle.withLock({ $0[key]?.popLast() }) else { return nil }
            if session.isReusable { return session }
        }
    }

    private func put(_ session: Session, _ key: Key) {
        guard session.isReusable else { return }
        idle.withLock { idle in
            if idle[key, default: []].count < Self.idleLimit { idle[key, default: []].append(session) }
        }
    }
}
