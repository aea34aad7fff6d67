import DriverProtocol

/// The dry run.
enum ValidateCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "validate/makes-nothing", "validate makes nothing", .validateMakesNothing, needs: [.validate, .provision],
            presumes: [.provisionAnswers]
        ) { context in
            let wanted = context.volume()
            let exchange = try await context.call(.validate, wanted)
            // A volume that it made would be found by its name; the ledger knows of none.
            context.driver.ledger.willSend(context.driver.request(.provision, volume: wanted))
            guard try await context.exists(wanted) == true else { return }
            context.find(.validateMakesNothing, "after validate there is a volume \(wanted.name)", exchange)
        },
        ConformanceCase(
            "validate/agrees", "validate says what provision would say", .validateAgrees,
            needs: [.validate, .provision], presumes: [.provisionAnswers, .impossibleSize, .otherMode]
        ) { context in
            try await compare(context, "a usual volume") { _ in }
            try await compare(context, "a limit below the size") { $0.volume?.limitBytes = context.size / 2 }
            if let mode = ["Block", "Filesystem"].first(where: { !context.info.volumeModes.contains($0) }) {
                try await compare(context, "the volume mode \(mode)") { $0.volume?.volumeMode = mode }
            }
            if let maximum = context.info.maximumBytes, maximum < .max {
                try await compare(context, "a size above the largest") { $0.volume?.capacityBytes = maximum + 1 }
            }
        },
        ConformanceCase(
            "validate/existing", "validate of a volume that is there says what provision would say", .validateAgrees,
            needs: [.validate, .provision], presumes: [.provisionAnswers, .repeatable]
        ) { context in
            let volume = try await context.makeVolume()
            let exchange = try await context.call(.validate, volume.wanted)
            try context.expectSuccess(exchange, .validateAgrees, "validate of a volume that is there already")
        },
    ]

    private static func compare(
        _ context: CaseContext, _ what: String, _ change: (inout DriverRequest) -> Void
    ) async throws {
        let wanted = context.volume()
        let dry = try await context.call(.validate, wanted, change)
        let wet = try await context.call(.provision, wanted, change)
        guard dry.succeeded != wet.succeeded || dry.code != wet.code else { return }
        // What only the attempt can show.
        if dry.succeeded, let code = wet.code, unforeseeable.contains(code) { return }
        context.find(
            .validateAgrees,
            "with \(what), validate and provision disagree: \(dry.answer) to validate, \(wet.answer) to provision",
            dry, wet)
    }

    private static let unforeseeable: Set<DriverError.Code> = [
        .resourceExhausted, .unavailable, .internal, .unknown, .aborted, .deadlineExceeded,
    ]
}
