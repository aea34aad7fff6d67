import DriverProtocol

/// One NFS operation that failed: which, on what, why.
struct NFSError: Error, CustomStringConvertible {
    enum Cause: Equatable, Sendable {
        /// An nfsstat: NFSv3 and NFSv4 use the same numbers for the same things (RFC 1813 2.6, RFC 7530 13.1).
        case status(Status)
        /// No answer: the connection broke, was refused, or was silent for too long.
        case noAnswer(String)
        /// The server answered something that makes no sense.
        case malformed(String)
    }

    struct Status: RawRepresentable, Hashable, Sendable {
        let rawValue: UInt32
        static let notPermitted = Status(rawValue: 1)
        static let noEntry = Status(rawValue: 2)
        static let access = Status(rawValue: 13)
        static let exists = Status(rawValue: 17)
        static let crossDevice = Status(rawValue: 18)
        static let notDirectory = Status(rawValue: 20)
        static let isDirectory = Status(rawValue: 21)
        static let invalid = Status(rawValue: 22)
        static let tooBig = Status(rawValue: 27)
        static let noSpace = Status(rawValue: 28)
        static let readOnly = Status(rawValue: 30)
        static let nameTooLong = Status(rawValue: 63)
        static let notEmpty = Status(rawValue: 66)
        static let quota = Status(rawValue: 69)
        static let stale = Status(rawValue: 70)
        static let badHandle = Status(rawValue: 10001)
        static let notSupported = Status(rawValue: 10004)
        /// JUKEBOX in NFSv3, DELAY in NFSv4: come again later.
        static let delay = Status(rawValue: 10008)
        static let expired = Status(rawValue: 10011)
        static let grace = Status(rawValue: 10013)
        static let handleExpired = Status(rawValue: 10014)
        static let staleClientID = Status(rawValue: 10022)
        static let symbolicLink = Status(rawValue: 10029)

        init(rawValue: UInt32) { self.rawValue = rawValue }

        var name: String {
            switch rawValue {
            case 1: "EPERM"
            case 2: "ENOENT"
            case 5: "EIO"
            case 13: "EACCES"
            case 17: "EEXIST"
            case 18: "EXDEV"
            case 20: "ENOTDIR"
            case 21: "EISDIR"
            case 22: "EINVAL"
            case 27: "EFBIG"
            case 28: "ENOSPC"
            case 30: "EROFS"
            case 63: "ENAMETOOLONG"
            case 66: "ENOTEMPTY"
            case 69: "EDQUOT"
            case 70: "ESTALE"
            case 10004: "NOTSUPP"
            case 10006: "SERVERFAULT"
            case 10008: "DELAY"
            case 10013: "GRACE"
            default: "NFS error \(rawValue)"
            }
        }
    }

    /// As the RFC names it: `MKDIR`, `READDIRPLUS`.
    let operation: String
    let subject: String
    let cause: Cause

    /// The server's word; `nil` where it gave none. Stored: taking it out of ``cause`` where it is asked for crashes
    /// Swift 6.3.1's optimizer ("Found ownership error", in CopyPropagation).
    let status: Status?

    init(operation: String, subject: String, cause: Cause) {
        self.operation = operation
        self.subject = subject
        self.cause = cause
        status = if case .status(let status) = cause { status } else { nil }
    }

    /// A new connection, or new handles, may be all that is needed.
    var isWorthReconnecting: Bool {
        switch cause {
        case .noAnswer: true
        case .status(let status): [.stale, .badHandle, .handleExpired, .staleClientID, .expired].contains(status)
        case .malformed: false
        }
    }

    var description: String {
        let on = subject.isEmpty ? "" : " of \(subject)"
        return switch cause {
        case .status(let status): "\(operation)\(on): \(status.name)"
        case .noAnswer(let reason), .malformed(let reason): "\(operation)\(on): \(reason)"
        }
    }

    /// What the host is told.
    ///
    /// - Parameters:
    ///   - task: What was not done, as the beginning of a sentence.
    ///   - outcome: What is known when the server itself said no. Without an answer it is always unknown.
    func driverError(_ task: String, outcome: DriverError.Outcome) -> DriverError {
        guard case .status(let status) = cause else {
            if case .malformed = cause { return DriverError(.internal, "\(task): \(self)", outcome: .unknown) }
            return DriverError(.unavailable, "\(task): \(self)", outcome: .unknown)
        }
        let (code, advice): (DriverError.Code, String) =
            switch status {
            case .notPermitted, .access:
                (
                    .permissionDenied,
                    "; let the server's export give this user the right, or run the driver as one that has it"
                )
            case .noSpace: (.resourceExhausted, "; free some room on the server")
            case .quota: (.resourceExhausted, "; a quota on the server is used up")
            case .readOnly: (.failedPrecondition, "; the server exports this share read-only")
            case .noEntry: (.notFound, "")
            case .exists, .notEmpty, .notDirectory, .isDirectory, .crossDevice, .symbolicLink: (.failedPrecondition, "")
            case .nameTooLong, .invalid: (.invalidArgument, "")
            case .tooBig: (.outOfRange, "")
            case .notSupported: (.unimplemented, "")
            case .stale, .badHandle, .handleExpired: (.unavailable, "; the share was replaced or exported anew")
            case .delay, .grace: (.unavailable, "; the server says to come again later")
            default: (.internal, "")
            }
        let isRetriable = code == .unavailable || code == .internal
        return DriverError(code, "\(task): \(self)\(advice)", outcome: isRetriable ? .unknown : outcome)
    }
}
