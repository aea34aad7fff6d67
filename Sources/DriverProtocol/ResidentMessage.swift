public import JSONTree

/// One line to a resident driver: a request, or `{"cancel": "<callID>"}`, which gives a call up.
///
/// The driver answers a call that was given up all the same, with whatever came of it; a call that it does not know, or
/// has answered, it ignores.
public enum ResidentMessage: Hashable, JSONConvertible {
    case request(DriverRequest)
    case cancel(callID: String)

    public init(json: JSONValue) throws(ProtocolError) {
        let members = try MessageReader(json)
        if let callID = try members.string("cancel") {
            self = .cancel(callID: callID)
        } else {
            self = .request(try DriverRequest(json: json))
        }
    }

    public var json: JSONValue {
        switch self {
        case .request(let request): request.json
        case .cancel(let callID): ["cancel": .string(callID)]
        }
    }
}
