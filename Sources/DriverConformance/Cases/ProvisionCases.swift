import DriverProtocol

/// Making volumes.
enum ProvisionCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "provision/answers", "provision makes a volume", .provisionAnswers, needs: [.provision]
        ) { context in
            let exchange = try await context.call(.provision, context.volume())
            try context.expectSuccess(exchange, .provisionAnswers, "a usual volume")
        },
        ConformanceCase(
            "provision/twice", "provision twice gives one volume", .repeatable, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let again = try await context.call(.provision, volume.wanted)
            try context.expectSuccess(again, .repeatable, "the second provision of a volume")
            expectSame(context, volume, again)
            try await expectOne(context, volume.name, rule: .repeatable, again)
        },
        ConformanceCase(
            "provision/same-time", "the same provision at the same moment gives one volume", .simultaneous,
            needs: [.provision], presumes: [.provisionAnswers, .repeatable]
        ) { context in
            for _ in 0..<3 {
                let wanted = context.volume()
                let exchanges = try await context.together(4) { try await context.call(.provision, wanted) }
                context.expectOrderly(exchanges)
                let again = try await context.makeVolume(wanted)
                for exchange in exchanges where exchange.succeeded {
                    expectSame(context, again, exchange, rule: .simultaneous)
                }
                try await expectOne(context, wanted.name, rule: .simultaneous, again.exchange)
            }
        },
        ConformanceCase(
            "provision/others", "volumes of different names are different, also when made at the same time",
            .distinctVolumes, needs: [.provision], presumes: [.provisionAnswers]
        ) { context in
            // Names that differ late, or only in what a careless driver would leave out.
            let stem = context.name()
            let names = ["\(stem)-a", "\(stem)-b", "\(stem)-a.b", "\(stem)-a-b", "\(stem)-ab"]
            let exchanges = try await together(context, names.map { context.volume($0) })
            var byID: [String: Exchange] = [:]
            for exchange in exchanges {
                guard let made = exchange.reply?.volume, exchange.succeeded else { continue }
                if let other = byID[made.id] {
                    context.find(
                        .distinctVolumes, "two volumes of different names have the id \"\(made.id)\"", other, exchange)
                }
                byID[made.id] = exchange
            }
            guard byID.count > 1 || !context.findings.isEmpty else {
                throw CaseEnd.skip("not two volumes could be made at the same time")
            }
        },
        otherArguments("size", "a larger size") { context, volume in
            volume.capacityBytes = context.size + 4 * max(context.info.allocationUnitBytes, 1 << 20)
        },
        otherArguments("limit", "a limit below its size") { context, volume in
            let smaller = context.size - max(context.info.allocationUnitBytes, 1)
            guard smaller >= max(context.info.minimumBytes, 1) else {
                throw CaseEnd.skip("there is no smaller size")
            }
            volume.capacityBytes = smaller
            volume.limitBytes = smaller
        } size: {
            $0.rounded(max($0.info.minimumBytes + 2 * $0.info.allocationUnitBytes, 2 << 20))
        },
        otherArguments("mode", "another volume mode") { context, volume in
            guard let other = context.info.volumeModes.first(where: { $0 != volume.volumeMode }) else {
                throw CaseEnd.skip("the driver has one volume mode")
            }
            volume.volumeMode = other
        },
        ConformanceCase(
            "provision/other-parameters", "the name with other parameters is ALREADY_EXISTS", .otherArguments,
            needs: [.provision], presumes: [.provisionAnswers, .repeatable]
        ) { context in
            guard let change = try await ParameterValues.change(in: context) else {
                throw CaseEnd.skip("the schema has no parameter of which two values are known")
            }
            let volume = try await context.makeVolume()
            let exchange = try await context.call(.provision, volume.wanted) {
                $0.parameters[change.name] = change.value
            }
            context.expectFailure(
                exchange, .alreadyExists, rule: .otherArguments, "the same name with \(change.name)=\(change.value)")
            try await expectUnchanged(context, volume)
        },
        ConformanceCase(
            "provision/access-modes", "every access mode that init names can be had, and no other", .namedMode,
            .otherMode,
            needs: [.provision], presumes: [.provisionAnswers]
        ) { context in
            for mode in AccessModes.all {
                var wanted = context.volume()
                wanted.accessModes = [mode]
                let exchange = try await context.call(.provision, wanted)
                if context.info.accessModes.contains(mode) {
                    if !exchange.succeeded {
                        context.find(
                            .namedMode, "\(exchange.answer) to a volume with the access mode \(mode)", exchange)
                    }
                } else {
                    context.expectFailure(exchange, .invalidArgument, rule: .otherMode, "the access mode \(mode)")
                }
            }
        },
        ConformanceCase(
            "provision/volume-modes", "every volume mode that init names can be had, and no other", .namedMode,
            .otherMode,
            needs: [.provision], presumes: [.provisionAnswers]
        ) { context in
            for mode in ["Filesystem", "Block"] {
                var wanted = context.volume()
                wanted.volumeMode = mode
                let exchange = try await context.call(.provision, wanted)
                if context.info.volumeModes.contains(mode) {
                    if !exchange.succeeded {
                        context.find(
                            .namedMode, "\(exchange.answer) to a volume with the volume mode \(mode)", exchange)
                    }
                } else {
                    context.expectFailure(exchange, .invalidArgument, rule: .otherMode, "the volume mode \(mode)")
                }
            }
        },
        ConformanceCase(
            "names/bounds", "short and long names are taken", .names, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            let run = context.driver.run
            let long = "check-\(run)." + String(repeating: "x", count: 63 - 7 - run.count)
            for name in [run, long, "0.\(run).0"] {
                let exchange = try await context.call(.provision, context.volume(name))
                if !exchange.succeeded {
                    context.find(.names, "\(exchange.answer) to a volume with the name \"\(name)\"", exchange)
                }
            }
        },
        ConformanceCase(
            "names/unsafe", "a name that would lead elsewhere is refused", .unsafeNames, needs: [.provision]
        ) { context in
            let verbs = [Verb.provision, .delete, .get, .validate].filter(context.info.supports)
            let names = ["../\(context.name())", "a/../../\(context.name())", "..", "/\(context.name())"]
            for verb in verbs {
                for name in verb == .provision ? names : [names[0]] {
                    var request = context.driver.request(verb)
                    request.volume = context.volume(name)
                    let exchange = try await context.send(request)
                    context.expectFailure(
                        exchange, .invalidArgument, rule: .unsafeNames, "\(verb) with the name \"\(name)\"")
                }
            }
        },
    ]

    /// A second provision of the name with something else, which the volume does not have.
    private static func otherArguments(
        _ id: String, _ what: String, _ change: @escaping @Sendable (CaseContext, inout VolumeRequest) throws -> Void,
        size: @escaping @Sendable (CaseContext) -> Int64 = { $0.size }
    ) -> ConformanceCase {
        ConformanceCase(
            "provision/other-\(id)", "the name with \(what) is ALREADY_EXISTS", .otherArguments, needs: [.provision],
            presumes: [.provisionAnswers, .repeatable]
        ) { context in
            var wanted = context.volume()
            wanted.capacityBytes = size(context)
            var other = wanted
            try change(context, &other)
            let volume = try await context.makeVolume(wanted)
            let exchange = try await context.call(.provision, other)
            // Where that size could not be made anyway, both answers are right.
            if exchange.code != .outOfRange || other.limitBytes == nil {
                context.expectFailure(exchange, .alreadyExists, rule: .otherArguments, "the same name with \(what)")
            }
            try await expectUnchanged(context, volume)
        }
    }

    private static func expectUnchanged(_ context: CaseContext, _ volume: MadeVolume) async throws {
        guard context.findings.isEmpty else { return }
        let again = try await context.call(.provision, volume.wanted)
        guard again.succeeded else {
            context.find(
                .otherArguments,
                "\(again.answer) to the provision of a volume that one with other arguments must leave alone",
                again)
            return
        }
        expectSame(context, volume, again, rule: .otherArguments)
    }

    /// What a later provision of the same volume must have in common with the first.
    static func expectSame(
        _ context: CaseContext, _ volume: MadeVolume, _ again: Exchange, rule: ConformanceRule = .repeatable
    ) {
        guard let made = again.reply?.volume else { return }
        let differences = [
            made.id == volume.made.id ? nil : "id (\"\(volume.made.id)\", then \"\(made.id)\")",
            made.capacityBytes == volume.made.capacityBytes ? nil : "capacityBytes",
            made.volumeSource == volume.made.volumeSource ? nil : "volumeSource",
            made.context == volume.made.context ? nil : "context",
        ].compactMap(\.self)
        guard !differences.isEmpty else { return }
        context.find(
            rule, "two calls for the volume \(volume.name) answer differently: \(differences.joined(separator: ", "))",
            volume.exchange, again)
    }

    static func expectOne(
        _ context: CaseContext, _ name: String, rule: ConformanceRule, _ exchange: Exchange
    ) async throws {
        guard context.info.supports(.list) else { return }
        let count = try await context.list().count { $0.name == name }
        // None at all is a fault of list.
        if count > 1 { context.find(rule, "list has \(count) volumes of the name \(name)", exchange) }
    }

    /// All calls at the same time.
    static func together(_ context: CaseContext, _ volumes: [VolumeRequest]) async throws -> [Exchange] {
        try await withThrowingTaskGroup(of: Exchange.self) { group in
            for volume in volumes {
                group.addTask { try await context.call(.provision, volume) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
