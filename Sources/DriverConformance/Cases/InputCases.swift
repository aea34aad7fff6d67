import DriverProtocol
import JSONTree

/// Requests that are odd, and input that is no request.
enum InputCases {
    static let all: [ConformanceCase] =
        malformed + [
            ConformanceCase(
                "input/unknown-members", "members that the driver does not know are ignored", .unknownMembers,
                needs: [.provision]
            ) { context in
                let wanted = context.volume()
                let request = context.driver.request(.provision, volume: wanted)
                var json = request.json
                json["futureMember"] = ["a": [1, "two"]]
                json.set("x", at: "volume", "futureMember")
                json.set(true, at: "driver", "futureMember")
                let exchange = try await raw(context, request, json.encoded)
                try context.expectSuccess(exchange, .unknownMembers, "a provision with members of a later version")
            },
            ConformanceCase(
                "input/unknown-verb", "a verb that the driver does not offer is answered Not supported", .unknownVerb
            ) { context in
                let undeclared = Verb.all.filter { $0 != .initialize && !context.info.supports($0) }
                for verb in [Verb(rawValue: "frobnicate")] + undeclared {
                    let exchange = try await context.call(verb, context.volume())
                    if exchange.reply?.status != .notSupported {
                        context.find(
                            .unknownVerb, "\(exchange.answer) to the verb \(verb), where Not supported was expected",
                            exchange)
                    }
                }
            },
            ConformanceCase("input/large", "a request of almost 4 MiB is read", .largeRequest, needs: [.provision]) {
                context in
                var request = context.driver.request(.provision, volume: context.volume())
                request.claim = ClaimReference(namespace: "default", name: "large", annotations: ["notes": "@@"])
                // Put together here: no encoder is in a hurry with 3.4 MiB.
                var input = request.json.encoded
                let notes = Array("a \\\"quoted\\\" word, ".utf8)
                if let mark = input.firstRange(of: Array("\"@@\"".utf8)) {
                    input.replaceSubrange(
                        mark.lowerBound + 1..<mark.upperBound - 1, with: repeatElement(notes, count: 180_000).joined())
                }
                let exchange = try await raw(context, request, input)
                try context.expectSuccess(exchange, .largeRequest, "a provision with an annotation of 3.4 MiB")
            },
            ConformanceCase(
                "input/minor-version", "a request in a later minor version is served", .requestVersion,
                needs: [.provision]
            ) { context in
                let exchange = try await context.call(.provision, context.volume()) { $0.protocolVersion = "1.99" }
                try context.expectSuccess(exchange, .requestVersion, "a provision in protocol 1.99")
            },
            ConformanceCase(
                "input/major-version", "a request in another major version is refused", .requestVersion,
                needs: [.provision]
            ) { context in
                let exchange = try await context.call(.provision, context.volume()) { $0.protocolVersion = "2.0" }
                context.expectFailure(exchange, .invalidArgument, rule: .requestVersion, "a provision in protocol 2.0")
            },
        ]

    /// What is written instead of a request, made from a right one.
    private static let inputs: [(id: String, what: String, make: @Sendable (JSONValue) -> [UInt8])] = [
        ("empty", "no input at all", { _ in [] }),
        ("no-json", "words that are no JSON", { _ in Array("provision, please\n".utf8) }),
        ("array", "an array", { _ in Array("[]\n".utf8) }),
        ("cut-off", "the first half of a request", { Array($0.encoded.prefix($0.encoded.count / 2)) }),
        ("twice", "two requests one after the other", { $0.encoded + $0.encoded }),
        (
            "wrong-type", "a volume that is a string",
            {
                var json = $0
                json["volume"] = "check"
                return json.encoded
            }
        ),
        (
            "wrong-size", "a capacity that is a word",
            {
                var json = $0
                json.set("large", at: "volume", "capacityBytes")
                return json.encoded
            }
        ),
        (
            "other-verb", "a request for another verb than the argument",
            {
                var json = $0
                json["verb"] = "status"
                return json.encoded
            }
        ),
    ]

    private static let malformed = inputs.map { input in
        ConformanceCase(
            "input/\(input.id)", "\(input.what): refused with INVALID_ARGUMENT", .malformedRequest, needs: [.provision]
        ) { context in
            let request = context.driver.request(.provision, volume: context.volume())
            let exchange = try await raw(context, request, input.make(request.json))
            context.expectFailure(exchange, .invalidArgument, rule: .malformedRequest, "provision with \(input.what)")
            if exchange.succeeded { throw CaseEnd.failed }
            guard let volume = request.volume, try await context.exists(volume) == true else { return }
            context.find(.malformedRequest, "provision with \(input.what) has made a volume", exchange)
        }
    }

    private static func raw(_ context: CaseContext, _ request: DriverRequest, _ input: [UInt8]) async throws -> Exchange
    {
        try context.answered(try await context.driver.call(request, input: input))
    }
}
