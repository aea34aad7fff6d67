/// Why a text or an object is no selector, in the words of Kubernetes' API.
public struct SelectorError: Error, Sendable, Hashable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
