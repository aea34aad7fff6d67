import DriverProtocol
import JSONTree

/// What the driver says of itself.
enum InitCases {
    static let all: [ConformanceCase] = [
        ConformanceCase("init/answers", "init succeeds without a configuration, within 5 seconds", .initAnswers) {
            var request = $0.driver.request(.initialize)
            request.driver.config = [:]
            let exchange = try $0.answered(try await $0.driver.call(request))
            try $0.expectSuccess(exchange, .initAnswers, "init without a configuration")
            if exchange.duration > .seconds(5) {
                $0.find(.initAnswers, "init took \(exchange.duration)", exchange)
            }
        },
        ConformanceCase("init/twice", "init answers the same each time", .initConstant) {
            let first = try $0.answered(try await $0.driver.call($0.driver.request(.initialize)))
            let second = try $0.answered(try await $0.driver.call($0.driver.request(.initialize)))
            guard first.succeeded, second.succeeded else { throw CaseEnd.skip("init fails") }
            if let difference = difference(first.reply?.info?.json, second.reply?.info?.json) {
                $0.find(
                    .initConstant, "the second answer to init differs from the first in \(difference)", first, second)
            }
        },
        ConformanceCase("init/consistent", "what init declares holds together", .initConsistent) { context in
            let exchange = try await initialized(context)
            for problem in problems(context.info) { context.find(.initConsistent, problem, exchange) }
        },
        ConformanceCase("init/schema", "the schema of the parameters is one", .initSchema) { context in
            let exchange = try await initialized(context)
            for (name, json) in [
                ("parameters", context.info.parameters), ("mutableParameters", context.info.mutableParameters),
            ] {
                guard let json else { continue }
                do {
                    _ = try ParameterSchema(json: json)
                } catch {
                    context.find(.initSchema, "info.\(name) is no schema: \(error)", exchange)
                }
            }
        },
        ConformanceCase("init/offered", "each verb that init declares is offered", .initOffered) { context in
            _ = try await initialized(context)
            for verb in Verb.all where verb != .initialize && context.info.supports(verb) {
                // Of nothing: enough for an answer, and nothing is changed.
                let exchange = try context.answered(try await context.driver.call(context.driver.request(verb)))
                if exchange.reply?.status == .notSupported {
                    context.find(
                        .initOffered, "\(verb) is among the capabilities, and is answered Not supported", exchange)
                }
            }
        },
        ConformanceCase("init/status", "status answers Success", .status, needs: [.status]) {
            let exchange = try await $0.call(.status)
            try $0.expectSuccess(exchange, .status, "the driver is not ready")
        },
    ]

    private static func initialized(_ context: CaseContext) async throws -> Exchange {
        let exchange = try context.answered(try await context.driver.call(context.driver.request(.initialize)))
        guard exchange.succeeded else { throw CaseEnd.skip("init fails") }
        return exchange
    }

    private static func problems(_ info: DriverInfo) -> [String] {
        var problems: [String] = []
        let known = Set(Verb.all.map { Capability($0) }).union([.clone, .restore, .topology, .onlineExpansion])
        for capability in info.capabilities where !known.contains(capability) {
            problems.append("the capability \"\(capability)\" is neither a verb nor a feature of the protocol")
        }
        if Set(info.capabilities).count != info.capabilities.count {
            problems.append("a capability stands twice in \(info.capabilities.map(\.rawValue))")
        }
        for (verb, partner) in pairs where info.supports(verb) && !info.supports(partner) {
            problems.append("it offers \(verb), and not \(partner), without which that is of no use")
        }
        if !info.protocolVersions.contains(where: ProtocolVersion.isSupported) {
            problems.append(
                "it speaks \(info.protocolVersions.joined(separator: ", ")), and not \(ProtocolVersion.current)")
        }
        if info.minimumBytes % info.allocationUnitBytes != 0 {
            problems.append(
                "minimumBytes, \(info.minimumBytes), is no multiple of allocationUnitBytes, \(info.allocationUnitBytes)"
            )
        }
        if info.accessModes.isEmpty { problems.append("accessModes is empty") }
        for mode in info.accessModes where !AccessModes.all.contains(mode) {
            problems.append(
                "the access mode \"\(mode)\" is none of Kubernetes': \(AccessModes.all.joined(separator: ", "))")
        }
        if info.volumeModes.isEmpty { problems.append("volumeModes is empty") }
        for mode in info.volumeModes where !["Filesystem", "Block"].contains(mode) {
            problems.append("the volume mode \"\(mode)\" is neither Filesystem nor Block")
        }
        return problems
    }

    private static let pairs: [(Verb, Verb)] = [
        (.provision, .delete), (.createSnapshot, .deleteSnapshot), (.attach, .detach), (.mount, .unmount),
        (.mountDevice, .unmountDevice),
    ]

    private static func difference(_ first: JSONValue?, _ second: JSONValue?) -> String? {
        let keys = Set(first?.objectValue?.keys ?? []).union(second?.objectValue?.keys ?? [])
        let differing = keys.filter { first?[$0] != second?[$0] }.sorted()
        return differing.isEmpty ? nil : differing.map { "info.\($0)" }.joined(separator: ", ")
    }
}

enum AccessModes {
    static let all = ["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]
}
