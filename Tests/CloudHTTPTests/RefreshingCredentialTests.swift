import CloudHTTP
import DriverProtocol
import Synchronization
import Testing

@Suite("A credential that is fetched anew")
struct RefreshingCredentialTests {
    /// A service that gives out numbers, valid for 1000 seconds, on a clock that the test moves.
    private final class Service: Sendable {
        struct State {
            var time: Int64 = 0
            var fetches = 0
            var isFailing = false
            var isHeld = false
        }

        let state = Mutex(State())

        struct Down: Error {}

        var fetches: Int { state.withLock(\.fetches) }

        func move(to time: Int64) { state.withLock { $0.time = time } }

        func credential() -> RefreshingCredential<Int> {
            RefreshingCredential(
                refreshWindow: .seconds(100), retryPause: .seconds(10),
                now: { RFC3339Time(seconds: self.state.withLock(\.time)) },
                fetch: { _ in
                    let number = self.state.withLock { state in
                        state.fetches += 1
                        return state.fetches
                    }
                    while self.state.withLock(\.isHeld) {
                        try Task.checkCancellation()
                        await Task.yield()
                    }
                    return try self.state.withLock { state in
                        if state.isFailing { throw Down() }
                        return RefreshingCredential<Int>.Fetched(
                            number, expiration: RFC3339Time(seconds: state.time + 1000))
                    }
                })
        }
    }

    @Test("it is fetched once, and again shortly before it ends")
    func refresh() async throws {
        let service = Service()
        let credential = service.credential()
        for time in [0, 500, 899] as [Int64] {
            service.move(to: time)
            #expect(try await credential.value(deadline: nil) == 1)
        }
        service.move(to: 900)
        #expect(try await credential.value(deadline: nil) == 2)
        #expect(service.fetches == 2)
    }

    @Test("a failed refresh keeps the old one while it holds, and is not repeated at once")
    func failedRefresh() async throws {
        let service = Service()
        let credential = service.credential()
        #expect(try await credential.value(deadline: nil) == 1)
        service.state.withLock { $0.isFailing = true }
        service.move(to: 950)
        for _ in 0..<3 { #expect(try await credential.value(deadline: nil) == 1) }
        #expect(service.fetches == 2)
        service.move(to: 960)
        #expect(try await credential.value(deadline: nil) == 1)
        #expect(service.fetches == 3)
        service.move(to: 1000)
        await #expect(throws: Service.Down.self) { try await credential.value(deadline: nil) }
        service.state.withLock { $0.isFailing = false }
        #expect(try await credential.value(deadline: nil) == 5)
    }

    @Test("many at a time wait for one fetch, and share its failure")
    func oneAtATime() async throws {
        let service = Service()
        let credential = service.credential()
        for isFailing in [true, false] {
            let before = service.fetches
            service.state.withLock { ($0.isHeld, $0.isFailing) = (true, isFailing) }
            let outcomes = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await credential.value(deadline: nil)
                            return true
                        } catch { return false }
                    }
                }
                while service.fetches == before { await Task.yield() }
                // Whoever comes only after the fetch has ended begins one more: let them all come first.
                for _ in 0..<1000 { await Task.yield() }
                service.state.withLock { $0.isHeld = false }
                return await group.reduce(into: []) { $0.append($1) }
            }
            if !isFailing {
                #expect(outcomes == Array(repeating: true, count: 20))
                #expect(service.fetches == before + 1)
            } else {
                #expect(outcomes == Array(repeating: false, count: 20))
            }
        }
    }

    @Test("a fetch that is given up with its call is taken over by one that waits")
    func takenOver() async throws {
        let service = Service()
        let credential = service.credential()
        service.state.withLock { $0.isHeld = true }
        try await withThrowingTaskGroup(of: Int.self) { waiters in
            await withThrowingTaskGroup(of: Int.self) { first in
                first.addTask { try await credential.value(deadline: nil) }
                while service.fetches == 0 { await Task.yield() }
                waiters.addTask { try await credential.value(deadline: nil) }
                first.cancelAll()
                let given = await first.nextResult()
                #expect(throws: CancellationError.self) { try given?.get() }
            }
            while service.fetches == 1 { await Task.yield() }
            service.state.withLock { $0.isHeld = false }
            let value = try await waiters.next()
            #expect(value == 2)
        }
    }

    @Test("one that waits can be given up alone")
    func waiterCancelled() async throws {
        let service = Service()
        let credential = service.credential()
        service.state.withLock { $0.isHeld = true }
        try await withThrowingTaskGroup(of: Int.self) { fetcher in
            fetcher.addTask { try await credential.value(deadline: nil) }
            while service.fetches == 0 { await Task.yield() }
            await withThrowingTaskGroup(of: Int.self) { waiter in
                waiter.addTask { try await credential.value(deadline: nil) }
                waiter.cancelAll()
                let given = await waiter.nextResult()
                #expect(throws: CancellationError.self) { try given?.get() }
            }
            service.state.withLock { $0.isHeld = false }
            let value = try await fetcher.next()
            #expect(value == 1)
        }
    }

    @Test("one that a server has refused is fetched anew, unless that has happened already")
    func invalidate() async throws {
        let service = Service()
        let credential = service.credential()
        #expect(try await credential.value(deadline: nil) == 1)
        credential.invalidate { $0 == 1 }
        #expect(try await credential.value(deadline: nil) == 2)
        credential.invalidate { $0 == 1 }
        #expect(try await credential.value(deadline: nil) == 2)
    }
}
