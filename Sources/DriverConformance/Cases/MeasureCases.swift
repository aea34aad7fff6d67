import DriverProtocol

/// capacity, stats and modify.
enum MeasureCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "capacity/answers", "capacity answers, and refuses unknown parameters", .capacity, needs: [.capacity]
        ) { context in
            let exchange = try await context.call(.capacity)
            try context.expectSuccess(exchange, .capacity, "capacity with the parameters of a volume")
            guard let schema = context.schema, !schema.allowsUnknown, schema.patternDefinitions.isEmpty else { return }
            let unknown = try await context.call(.capacity) { $0.parameters["berthCheckUnknown"] = "1" }
            context.expectFailure(unknown, .invalidArgument, rule: .capacity, "capacity with an unknown parameter")
        },
        ConformanceCase(
            "stats/add-up", "what is used and available is not more than there is", .statsAddUp,
            needs: [.provision, .stats], presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let exchange = try await context.call(.stats, volume.reference)
            guard let stats = try context.expectSuccess(exchange, .statsAddUp, "stats of a new volume").stats else {
                return
            }
            for (what, total, used, available) in [
                ("bytes", stats.totalBytes, stats.usedBytes, stats.availableBytes),
                ("files", stats.totalFiles, stats.usedFiles, stats.availableFiles),
            ] {
                guard let total else { continue }
                for part in [used, available, used.flatMap { used in available.map { used &+ $0 } }] {
                    guard let part, part > total else { continue }
                    context.find(.statsAddUp, "\(part) \(what) are used or available of \(total)", exchange)
                    return
                }
            }
        },
        ConformanceCase(
            "modify/checks", "what modify does not know is refused", .modifyChecks, needs: [.provision, .modify],
            presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let schema = context.info.mutableParameters.flatMap { try? ParameterSchema(json: $0) }
            guard let schema, !schema.allowsUnknown else {
                throw CaseEnd.skip("the driver has no schema of mutable parameters, or takes any")
            }
            let unknown = try await context.call(.modify, volume.reference) {
                $0.mutableParameters = ["berthCheckUnknown": "1"]
            }
            context.expectFailure(unknown, .invalidArgument, rule: .modifyChecks, "modify with an unknown parameter")
            for definition in schema.definitions {
                guard
                    let value = ["maybe", "not-a-value", "-", ""].first(where: { value in
                        (try? schema.validate([definition.name: value])) == nil
                    })
                else { continue }
                let wrong = try await context.call(.modify, volume.reference) {
                    $0.mutableParameters = [definition.name: value]
                }
                context.expectFailure(
                    wrong, .invalidArgument, rule: .modifyChecks, "modify with \(definition.name)=\"\(value)\"")
            }
        },
        ConformanceCase(
            "modify/twice", "modify twice is answered the same", .repeatable, needs: [.provision, .modify],
            presumes: [.provisionAnswers, .modifyChecks]
        ) { context in
            let schema = context.info.mutableParameters.flatMap { try? ParameterSchema(json: $0) }
            let change = schema?.definitions.lazy.compactMap { definition in
                (definition.allowedValues.last ?? definition.defaultValue).map { (definition.name, $0) }
            }.first
            guard let (name, value) = change else { throw CaseEnd.skip("no value of a mutable parameter is known") }
            let volume = try await context.makeVolume()
            for attempt in ["the first", "the second"] {
                let exchange = try await context.call(.modify, volume.reference) {
                    $0.mutableParameters = [name: value]
                }
                try context.expectSuccess(exchange, .repeatable, "\(attempt) modify with \(name)=\(value)")
            }
        },
    ]
}
