/// One entry point for bytes from outside: a parser, or everything behind one.
///
/// Shared by `FuzzTests`, which feeds it seeds and random inputs, and by `berth-fuzz`, where libFuzzer does.
struct FuzzTarget: Sendable, CustomStringConvertible {
    enum Body: Sendable {
        case immediate(@Sendable ([UInt8]) throws -> Void)
        case asynchronous(@Sendable ([UInt8]) async throws -> Void)
    }

    /// Also the folder of its seeds.
    let name: String
    /// Words of the input's language that random bytes would hardly ever form.
    let dictionary: [String]
    /// Throws ``PropertyViolation`` when the code accepts an input and handles it wrongly. No input may cause a trap.
    let body: Body

    init(
        _ name: String, dictionary: [String] = [], _ body: @escaping @Sendable ([UInt8]) throws -> Void
    ) {
        self.name = name
        self.dictionary = dictionary
        self.body = .immediate(body)
    }

    init(
        _ name: String, dictionary: [String] = [],
        asynchronous body: @escaping @Sendable ([UInt8]) async throws -> Void
    ) {
        self.name = name
        self.dictionary = dictionary
        self.body = .asynchronous(body)
    }

    func run(_ input: [UInt8]) async throws {
        switch body {
        case .immediate(let body): try body(input)
        case .asynchronous(let body): try await body(input)
        }
    }

    var description: String { name }

    static let all: [FuzzTarget] = [
        .json, .yaml, .quantity, .time, .selector, .jsonPatch, .mergePatch, .strategicMergePatch, .serverSideApply,
        .store, .databaseRows, .http, .protobuf, .driversFile, .driverReply, .driverRequest, .residentLines,
        .secretsInOutput,
        .flexVolume,
        .parameterSchema, .pathPattern, .awsAnswers, .gceAnswers, .azureAnswers, .awsRequests, .gceRequests,
        .azureRequests, .simulatorFiles,
    ]
}

/// An input was accepted and handled wrongly.
struct PropertyViolation: Error, CustomStringConvertible {
    let description: String
}

/// - Throws: ``PropertyViolation`` when the condition does not hold.
func require(_ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String) throws {
    guard try condition() else { throw PropertyViolation(description: message()) }
}
