import DriverProtocol

/// Deleting volumes.
enum DeleteCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "delete/gone", "what is deleted is gone", .deleted, needs: [.provision, .delete],
            presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            guard try await context.exists(volume.reference) == true else {
                throw CaseEnd.skip("the driver offers neither get nor list, or they do not know a new volume")
            }
            let exchange = try await context.call(.delete, volume.reference)
            try context.expectSuccess(exchange, .deleted, "delete of a volume")
            try await expectGone(context, volume, .deleted, exchange)
        },
        ConformanceCase(
            "delete/twice", "delete succeeds a second time, and for what never was", .deleteTwice,
            needs: [.provision, .delete], presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let first = try await context.call(.delete, volume.reference)
            try context.expectSuccess(first, .deleteTwice, "delete of a volume")
            let second = try await context.call(.delete, volume.reference)
            try context.expectSuccess(second, .deleteTwice, "the second delete of a volume")
            let never = try await context.call(.delete, context.volume())
            try context.expectSuccess(never, .deleteTwice, "delete of a volume that never was")
        },
        ConformanceCase(
            "delete/same-time", "the same delete at the same moment succeeds, or is ABORTED", .simultaneous,
            needs: [.provision, .delete], presumes: [.provisionAnswers, .deleteTwice]
        ) { context in
            for _ in 0..<3 {
                let volume = try await context.makeVolume()
                context.expectOrderly(
                    try await context.together(4) { try await context.call(.delete, volume.reference) })
            }
        },
        ConformanceCase(
            "delete/by-name", "without id and context the volume is found by its name", .deleteByName,
            needs: [.provision, .delete], presumes: [.provisionAnswers, .deleted]
        ) { context in
            let volume = try await context.makeVolume()
            guard try await context.exists(volume.reference) == true else {
                throw CaseEnd.skip("the driver offers neither get nor list, or they do not know a new volume")
            }
            let exchange = try await context.call(.delete, volume.wanted)
            try context.expectSuccess(exchange, .deleteByName, "delete by the name alone")
            try await expectGone(context, volume, .deleteByName, exchange)
        },
        ConformanceCase(
            "delete/only-that", "nothing but the volume of that name is deleted", .deleteOnlyThat,
            needs: [.provision, .delete], presumes: [.provisionAnswers, .deleted]
        ) { context in
            let bystander = try await context.makeVolume()
            guard try await context.exists(bystander.reference) == true else {
                throw CaseEnd.skip("the driver offers neither get nor list, or they do not know a new volume")
            }
            let victim = try await context.makeVolume()
            var wrong = bystander.reference
            wrong.name = victim.name
            var traversal = victim.reference
            traversal.id = "../\(bystander.made.id)"
            var never = bystander.reference
            never.name = context.name()
            for reference in [wrong, traversal, never] {
                let exchange = try await context.call(.delete, reference)
                guard try await context.exists(bystander.reference) == false else { continue }
                context.find(
                    .deleteOnlyThat,
                    "delete of \(reference.name) with the id \"\(reference.id ?? "")\" has deleted \(bystander.name)",
                    exchange)
                throw CaseEnd.failed
            }
        },
    ]

    static func expectGone(
        _ context: CaseContext, _ volume: MadeVolume, _ rule: ConformanceRule, _ deletion: Exchange
    ) async throws {
        if context.info.supports(.get) {
            let exchange = try await context.call(.get, volume.reference)
            context.expectFailure(exchange, .notFound, rule: rule, "get after delete")
        }
        guard context.info.supports(.list) else { return }
        if try await context.list().contains(where: { $0.name == volume.name }) {
            context.find(rule, "list has \(volume.name) still after delete", deletion)
        }
    }
}
