import Foundation
import JSONTree

/// One page of a list: what `filter`, `orderBy`, `maxResults` and `pageToken` leave of it.
struct ListPage {
    struct Entry {
        /// Unique, and the order of a list that asks for none.
        var key: String
        var scope: ComputeScope
        var json: JSONValue
    }

    static let mostResults = 500

    private(set) var entries: [Entry]
    private(set) var nextPageToken: String?

    /// A token says where the page before ended, so what comes and goes in between neither shifts nor repeats the rest.
    init(_ all: [Entry], _ request: CloudRequest) throws(ComputeError) {
        let filter = try ListFilter(request.query("filter"))
        let limit = try Self.limit(request)
        var entries = all.filter { filter.matches($0.json) }
        let sort = try Self.order(request)
        entries.sort { sort($0) < sort($1) }
        if sort.isDescending { entries.reverse() }
        if let token = request.query("pageToken"), !token.isEmpty {
            guard let last = Self.decode(token) else {
                throw .invalid("pageToken", token, "The page token is not one of this list.")
            }
            entries = entries.filter { sort.isDescending ? sort($0) < last : sort($0) > last }
        }
        self.entries = Array(entries.prefix(limit))
        if entries.count > limit, let end = self.entries.last { nextPageToken = Self.encode(sort(end)) }
    }

    private static func limit(_ request: CloudRequest) throws(ComputeError) -> Int {
        guard let text = request.query("maxResults") else { return mostResults }
        guard let number = Int(text), (0...mostResults).contains(number) else {
            throw .invalid("maxResults", text, "Acceptable values are 0 to \(mostResults), inclusive.")
        }
        return number == 0 ? mostResults : number
    }

    private struct Order {
        var isDescending = false
        var byTime = false

        func callAsFunction(_ entry: Entry) -> String {
            guard byTime else { return entry.key }
            return (entry.json["creationTimestamp"]?.stringValue ?? "") + " " + entry.key
        }
    }

    private static func order(_ request: CloudRequest) throws(ComputeError) -> Order {
        switch request.query("orderBy")?.split(separator: " ").joined(separator: " ") {
        case nil, "", "name", "name asc": return Order()
        case "creationTimestamp desc": return Order(isDescending: true, byTime: true)
        case let other?:
            throw .invalid("orderBy", other, "Only 'name' and 'creationTimestamp desc' are supported.")
        }
    }

    private static func encode(_ key: String) -> String { Data("page:\(key)".utf8).base64EncodedString() }

    private static func decode(_ token: String) -> String? {
        guard let data = Data(base64Encoded: token), let text = String(data: data, encoding: .utf8),
            text.hasPrefix("page:")
        else { return nil }
        return String(text.dropFirst("page:".count))
    }
}
