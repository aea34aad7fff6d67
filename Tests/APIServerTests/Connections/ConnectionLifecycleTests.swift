import NIOCore
import Testing

@testable import APIServer

@Suite("How long a connection may take")
struct ConnectionLifecycleTests {
    private static let limits = APIServerConfiguration.Limits()

    private func time(_ seconds: Double) -> NIODeadline {
        .uptimeNanoseconds(1_000_000_000) + .nanoseconds(Int64(seconds * 1e9))
    }

    private func connection() -> ConnectionLifecycle { ConnectionLifecycle(Self.limits, openedAt: time(0)) }

    /// What comes of it when nothing happens until `seconds`.
    private func wait(
        _ connection: inout ConnectionLifecycle, until seconds: Double, written: Int = 0, buffered: Int = 0
    ) -> ConnectionLifecycle.Action {
        var action = ConnectionLifecycle.Action.proceed
        while action == .proceed, connection.nextDeadline <= time(seconds) {
            action = connection.timePassed(
                to: connection.nextDeadline, writtenBytes: written, bufferedBytes: buffered)
        }
        return action
    }

    private func answered(_ connection: inout ConnectionLifecycle, at seconds: Double) -> ConnectionLifecycle.Action {
        connection.answerBegan()
        return connection.answerEnded(at: time(seconds))
    }

    @Test("a new connection that stays silent is closed after 5 s, without a word")
    func silent() {
        var connection = connection()
        #expect(wait(&connection, until: 4.9) == .proceed)
        #expect(wait(&connection, until: 5) == .close)
    }

    @Test("a header has 5 s from the start of a connection, however often a byte of it comes")
    func tricklingHeader() {
        var connection = connection()
        for tenth in 1..<50 {
            #expect(wait(&connection, until: Double(tenth) / 10) == .proceed)
            connection.bytesArrived(at: time(Double(tenth) / 10))
        }
        #expect(wait(&connection, until: 5) == .refuse(.slowHeader(.seconds(5))))
    }

    @Test("a later header has 5 s from its first byte")
    func laterHeader() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(1))
        connection.requestEnded()
        connection.isAuthenticated = true
        #expect(answered(&connection, at: 1) == .proceed)
        connection.bytesArrived(at: time(100))
        connection.bytesArrived(at: time(104))
        #expect(wait(&connection, until: 104.9) == .proceed)
        #expect(wait(&connection, until: 105) == .refuse(.slowHeader(.seconds(5))))
    }

    @Test("between requests a client with a token has 120 s, another one 10", arguments: [(true, 120.0), (false, 10)])
    func idle(isAuthenticated: Bool, seconds: Double) {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(1))
        connection.requestEnded()
        connection.isAuthenticated = isAuthenticated
        #expect(answered(&connection, at: 2) == .proceed)
        #expect(wait(&connection, until: 1.9 + seconds) == .proceed)
        #expect(wait(&connection, until: 2 + seconds) == .close)
    }

    @Test("a body that comes at less than 1 KiB/s is refused, one at that rate is read until 120 s")
    func bodyRate() {
        var slow = connection()
        slow.headArrived(isLast: false, at: time(0))
        slow.bodyArrived(bytes: 10_239)
        #expect(wait(&slow, until: 10) == .refuse(.slowBody(leastBytes: 10_240, window: .seconds(10))))

        var steady = connection()
        steady.headArrived(isLast: false, at: time(0))
        for second in 1..<120 {
            steady.bodyArrived(bytes: 1024)
            #expect(wait(&steady, until: Double(second)) == .proceed)
        }
        #expect(wait(&steady, until: 120) == .refuse(.lateBody(.seconds(120))))
    }

    @Test("while the server does not read, a body cannot be too slow")
    func serverDoesNotRead() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(0))
        connection.isReading = false
        #expect(wait(&connection, until: 100) == .proceed)
    }

    @Test("what is left of a body after the answer is not read")
    func unreadBody() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(0))
        #expect(connection.closesAfterAnswer)
        #expect(answered(&connection, at: 1) == .finish)
    }

    @Test("a long answer that is read goes on for days")
    func watch() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(0))
        connection.requestEnded()
        connection.answerBegan()
        #expect(wait(&connection, until: 200_000) == .proceed)
    }

    @Test("an answer of which nothing is read for 60 s is cut off, one that is read slowly is not")
    func unreadAnswer() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(0))
        connection.requestEnded()
        connection.answerBegan()
        #expect(wait(&connection, until: 60, written: 1000, buffered: 900) == .proceed)
        #expect(wait(&connection, until: 120, written: 1000, buffered: 899) == .proceed)
        // More is written meanwhile, and none of it taken.
        #expect(wait(&connection, until: 180, written: 5000, buffered: 4899) == .close)
    }

    @Test("a fault behind requests that are being answered is answered after them")
    func pipelinedFault() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(0))
        connection.requestEnded()
        #expect(connection.failed(.malformed("x")) == .proceed)
        #expect(answered(&connection, at: 1) == .refuse(.malformed("x")))
        connection.finishing()
        #expect(connection.failed(.malformed("y")) == .proceed)
    }

    @Test("a fault in a request's body is its answer")
    func faultInBody() {
        var connection = connection()
        connection.headArrived(isLast: false, at: time(0))
        #expect(connection.failed(.malformed("x")) == .refuse(.malformed("x")))
    }

    @Test("bytes behind the last request are not kept")
    func lastRequest() {
        var connection = connection()
        connection.headArrived(isLast: true, at: time(0))
        #expect(!connection.discardsInput, "its body is still to come")
        connection.requestEnded()
        #expect(connection.discardsInput)
        #expect(answered(&connection, at: 1) == .finish)
    }

    @Test("a shutdown closes what is idle, and what is busy after its answer")
    func shutdown() {
        var idle = connection()
        #expect(idle.quiesce() == .close)
        var busy = connection()
        busy.headArrived(isLast: false, at: time(0))
        busy.requestEnded()
        #expect(busy.quiesce() == .proceed)
        #expect(answered(&busy, at: 1) == .finish)
    }

    @Test("the client has a second to read the last answer, and a minute to take any of it")
    func lingering() {
        var quick = connection()
        quick.finishing()
        quick.outputClosed(at: time(3))
        #expect(wait(&quick, until: 3.9) == .proceed)
        #expect(wait(&quick, until: 4) == .close)
        var stuck = connection()
        stuck.finishing()
        #expect(wait(&stuck, until: 60, written: 100, buffered: 100) == .close)
    }
}
