import DriverProtocol
import StorageDriverKit

/// The pages of a list, made of EC2's.
///
/// EC2 gives no fewer than five entries a page. A host that wants fewer gets them cut out of the whole list by their
/// ids, which costs a request for each 500 entries and page; that is for tests. Otherwise a page is EC2's own.
struct PagedList: Sendable {
    private static let least = 5
    private static let most = 500
    private static let afterPrefix = "after:"
    private static let pagePrefix = "page:"

    let call: ListCall
    /// For errors: `the volumes`.
    let what: String

    /// - Parameter fetch: One page of EC2's.
    /// - Throws: ``DriverError``: `ABORTED` for a token that is none.
    func page<Item: Sendable>(
        id: (Item) -> String, fetch: (_ token: String?, _ maximum: Int) async throws -> ([Item], String?)
    ) async throws -> ListPage<Item> {
        let maximum = call.maxEntries ?? Self.most
        if maximum < Self.least || call.startingToken?.hasPrefix(Self.afterPrefix) == true {
            return try await cut(maximum, id: id, fetch: fetch)
        }
        var token: String?
        if let given = call.startingToken {
            guard given.hasPrefix(Self.pagePrefix) else { throw unknownToken() }
            token = String(given.dropFirst(Self.pagePrefix.utf8.count))
        }
        let (items, next) = try await self.fetch(token, min(maximum, Self.most), fetch)
        return ListPage(items, nextToken: next.map { Self.pagePrefix + $0 })
    }

    private func cut<Item: Sendable>(
        _ maximum: Int, id: (Item) -> String, fetch: (String?, Int) async throws -> ([Item], String?)
    ) async throws -> ListPage<Item> {
        var after = ""
        if let given = call.startingToken {
            guard given.hasPrefix(Self.afterPrefix) else { throw unknownToken() }
            after = String(given.dropFirst(Self.afterPrefix.utf8.count))
        }
        var all: [Item] = []
        var token: String?
        repeat {
            let (items, next) = try await self.fetch(token, Self.most, fetch)
            all += items
            token = next
        } while token != nil
        let rest = all.filter { id($0) > after }.sorted { id($0) < id($1) }
        guard rest.count > maximum, let last = rest.prefix(maximum).last else { return ListPage(rest) }
        return ListPage(Array(rest.prefix(maximum)), nextToken: Self.afterPrefix + id(last))
    }

    private func fetch<Item: Sendable>(
        _ token: String?, _ maximum: Int, _ fetch: (String?, Int) async throws -> ([Item], String?)
    ) async throws -> ([Item], String?) {
        do {
            return try await fetch(token, maximum)
        } catch let failure as EC2Failure {
            // Nothing else in such a request could be wrong.
            if token != nil, let code = failure.code, EC2ErrorKind(code) == .invalid { throw unknownToken() }
            throw failure.driverError("\(what) could not be listed")
        }
    }

    private func unknownToken() -> DriverError {
        DriverError(
            .aborted, "\(what) have no page of this token; begin at the first one", field: "paging.startingToken")
    }
}
