import Foundation

/// The paging of a Describe call: `MaxResults` and `NextToken`.
///
/// Resources are listed by their ids, and a token holds the last one of its page: what comes and goes meanwhile moves
/// nothing else from one page to another.
struct EC2Page {
    private let maximum: Int?
    private let after: String?

    /// - Parameters:
    ///   - hasIDs: Whether the request names resources, which does not go with `MaxResults`.
    ///   - minimum: The least `MaxResults` that the call takes.
    init(_ parameters: inout EC2Parameters, hasIDs: Bool, idName: String, minimum: Int = 5) throws(EC2Error) {
        maximum = try parameters.integer("MaxResults")
        if let maximum {
            guard !hasIDs else {
                throw .invalidCombination("The parameter \(idName) cannot be used with the parameter maxResults")
            }
            guard (minimum...1000).contains(maximum) else {
                throw .invalidValue(
                    "\(maximum)", of: "maxResults", expected: "Expecting a value between \(minimum) and 1000.")
            }
        }
        guard let token = parameters.string("NextToken") else {
            after = nil
            return
        }
        guard let bytes = Data(base64Encoded: token), let text = String(data: bytes, encoding: .utf8),
            text.hasPrefix("after:")
        else { throw .invalidValue("Unable to parse pagination token") }
        after = String(text.dropFirst(6))
    }

    /// - Parameter all: Sorted by `id`.
    func cut<Item>(_ all: [Item], id: (Item) -> String) -> (items: [Item], nextToken: String?) {
        var rest = all[...]
        if let after { rest = rest.drop { id($0) <= after } }
        guard let maximum, rest.count > maximum, let last = rest.prefix(maximum).last else { return (Array(rest), nil) }
        return (Array(rest.prefix(maximum)), Data("after:\(id(last))".utf8).base64EncodedString())
    }
}
