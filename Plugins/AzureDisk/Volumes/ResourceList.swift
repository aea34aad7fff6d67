import CloudHTTP
import DriverProtocol
import JSONTree
import StorageDriverKit

/// A page of the host's disks or snapshots, out of Azure's pages of all that a resource group has.
///
/// A token says which of Azure's pages to read again, and behind which name to go on in it: names within a page are
/// taken in order, so that what comes and goes between two calls neither shifts nor repeats the others.
struct ResourceList {
    private struct Token {
        /// `nil`: the first page.
        var link: String?
        var last: String

        init(link: String?, last: String) {
            self.link = link
            self.last = last
        }

        /// - Returns: `nil` for what is none.
        init?(_ text: String) {
            guard let bytes = Base64.decoded(text),
                let json = try? JSONParser.parse(bytes),  // nil says all that is asked
                let last = json["last"]?.stringValue
            else { return nil }
            self.init(link: json["link"]?.stringValue, last: last)
        }

        var text: String {
            var json: JSONValue = ["last": .string(last)]
            json["link"] = link.map { .string($0) }
            return Base64.urlEncoded(json.encoded)
        }
    }

    private static let defaultPage = 1000

    private let kind: ResourceID.Kind
    private let session: Session
    private let call: ListCall

    init(_ kind: ResourceID.Kind, _ session: Session, _ call: ListCall) {
        self.kind = kind
        self.session = session
        self.call = call
    }

    /// - Parameter read: `nil` for what is not the host's.
    func page<Element: Sendable>(_ read: (JSONValue) -> Element?) async throws -> ListPage<Element> {
        let group = call.request.parameters.first { $0.key.lowercased() == "resourcegroup" }?.value
        if let group, !ResourceID.isName(group) {
            throw ClassParameters.invalid("resourceGroup", "is not a name that Azure would give")
        }
        let (subscription, name) = try session.place.group(group: group)
        let task = "\(kind.rawValue) of resource group \(name) cannot be listed"
        let path = ResourceID.collection(kind, subscription: subscription, group: name)
        var (link, last): (String?, String?) = (nil, nil)
        if let text = call.startingToken {
            guard let token = Token(text) else { throw Self.unknown }
            (link, last) = (token.link, token.last)
        }
        let limit = min(call.maxEntries ?? Self.defaultPage, Self.defaultPage)
        var elements: [Element] = []
        while true {
            let json = try await session.azure.page(path, .disks, link: link, task)
            let resources = (json["value"]?.arrayValue ?? [])
                .map { (name: ($0["name"]?.stringValue ?? "").lowercased(), json: $0) }.sorted { $0.name < $1.name }
            let next = json["nextLink"]?.stringValue
            for (position, resource) in resources.enumerated() {
                if let last, resource.name <= last { continue }
                guard let element = read(resource.json) else { continue }
                elements.append(element)
                guard elements.count == limit else { continue }
                let isEnd = position == resources.count - 1 && next == nil
                return ListPage(elements, nextToken: isEnd ? nil : Token(link: link, last: resource.name).text)
            }
            guard let next else { return ListPage(elements) }
            (link, last) = (next, nil)
        }
    }

    private static var unknown: DriverError {
        DriverError(
            .aborted, "the list's startingToken is not one of this driver's; list from the beginning",
            field: "paging.startingToken", outcome: .final)
    }
}
