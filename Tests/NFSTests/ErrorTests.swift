import DriverProtocol
import Testing

@testable import NFSDriver

@Suite("An NFS server's refusal")
struct ErrorTests {
    @Test(
        "has the code that tells the host what to do",
        arguments: [
            (NFSError.Status.access, DriverError.Code.permissionDenied, DriverError.Outcome.final),
            (.notPermitted, .permissionDenied, .final), (.noSpace, .resourceExhausted, .final),
            (.quota, .resourceExhausted, .final), (.readOnly, .failedPrecondition, .final),
            (.notEmpty, .failedPrecondition, .final), (.nameTooLong, .invalidArgument, .final),
            (.stale, .unavailable, .unknown), (.delay, .unavailable, .unknown), (.grace, .unavailable, .unknown),
        ])
    func codes(status: NFSError.Status, code: DriverError.Code, outcome: DriverError.Outcome) {
        let error = NFSError(operation: "MKDIR", subject: "pvc-1", cause: .status(status))
            .driverError("volume pvc-1 could not be made", outcome: .final)
        #expect(error.code == code)
        #expect(error.outcome == outcome)
        #expect(error.message.hasPrefix("volume pvc-1 could not be made: MKDIR of pvc-1: "))
    }

    @Test("that never came leaves the outcome unknown")
    func noAnswer() {
        let error = NFSError(operation: "MKDIR", subject: "pvc-1", cause: .noAnswer("the connection broke"))
            .driverError("volume pvc-1 could not be made", outcome: .final)
        #expect(error.code == .unavailable)
        #expect(error.outcome == .unknown)
    }
}
