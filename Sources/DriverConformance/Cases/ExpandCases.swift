import DriverProtocol

/// Growing volumes.
enum ExpandCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "expand/grows", "a volume grows, keeps its data, and says so", .expandGrows, .repeatable,
            needs: [.provision, .expandVolume], presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let content = try await VolumeContent.of(volume, holding: "before growing", context)
            let larger = context.rounded(volume.size + max(context.info.allocationUnitBytes, 16 << 20))
            let first = try await grow(context, volume, to: larger)
            if first.code == .failedPrecondition {
                throw CaseEnd.skip("this machine, or this volume, does not let it grow: \(first.answer)")
            }
            try context.expectSuccess(first, .expandGrows, "expandvolume to \(larger) bytes")
            expectSize(context, first, atLeast: larger)
            let second = try await grow(context, volume, to: larger)
            try context.expectSuccess(second, .repeatable, "the second expandvolume to the same size")
            if let content, try await content.read() != "before growing" {
                context.find(.expandGrows, "the volume has other data after it has grown", first)
            }
            guard context.info.supports(.get) else { return }
            let read = try await context.call(.get, volume.reference)
            if read.succeeded, let size = read.reply?.volume?.capacityBytes, size < larger {
                context.find(
                    .expandGrows, "get answers with \(size) bytes after it has grown to \(larger)", first, read)
            }
        },
        ConformanceCase(
            "expand/same-time", "the same growth at the same moment succeeds, or is ABORTED", .simultaneous,
            needs: [.provision, .expandVolume], presumes: [.provisionAnswers, .repeatable, .expandGrows]
        ) { context in
            let volume = try await context.makeVolume()
            let larger = context.rounded(volume.size + max(context.info.allocationUnitBytes, 16 << 20))
            let exchanges = try await context.together(4) { try await grow(context, volume, to: larger) }
            if let refused = exchanges.first(where: { $0.code == .failedPrecondition }),
                !exchanges.contains(where: \.succeeded)
            {
                throw CaseEnd.skip("this machine, or this volume, does not let it grow: \(refused.answer)")
            }
            context.expectOrderly(exchanges)
            let again = try await grow(context, volume, to: larger)
            try context.expectSuccess(again, .simultaneous, "the same expandvolume once more")
            expectSize(context, again, atLeast: larger)
        },
        ConformanceCase(
            "expand/never-shrinks", "a size that it has already changes nothing", .expandNeverShrinks,
            needs: [.provision, .expandVolume], presumes: [.provisionAnswers, .getAgrees]
        ) { context in
            let volume = try await context.makeVolume(
                context.volume(capacityBytes: context.rounded(context.size + 4 * context.info.allocationUnitBytes)))
            let exchange = try await grow(context, volume, to: context.size)
            try context.expectSuccess(exchange, .expandNeverShrinks, "expandvolume to a smaller size")
            if let size = exchange.reply?.volume?.capacityBytes, size < volume.size {
                context.find(.expandNeverShrinks, "a volume of \(volume.size) bytes has \(size) afterwards", exchange)
            }
            guard context.info.supports(.get) else { return }
            let read = try await context.call(.get, volume.reference)
            if read.succeeded, let size = read.reply?.volume?.capacityBytes, size < volume.size {
                context.find(
                    .expandNeverShrinks, "a volume of \(volume.size) bytes has \(size) afterwards", exchange, read)
            }
        },
        ConformanceCase(
            "expand/bounds", "a size to which it cannot grow is OUT_OF_RANGE", .expandBounds,
            needs: [.provision, .expandVolume], presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            var limited = volume.reference
            limited.capacityBytes = context.rounded(volume.size + (16 << 20))
            limited.limitBytes = volume.size
            let exchange = try await context.call(.expandVolume, limited)
            context.expectFailure(exchange, .outOfRange, rule: .expandBounds, "growing beyond the limit")
            guard let maximum = context.info.maximumBytes, maximum < .max else { return }
            let beyond = try await grow(context, volume, to: maximum + 1)
            context.expectFailure(beyond, .outOfRange, rule: .expandBounds, "growing beyond the largest size")
        },
    ]

    private static func grow(_ context: CaseContext, _ volume: MadeVolume, to size: Int64) async throws -> Exchange {
        var reference = volume.reference
        reference.capacityBytes = size
        return try await context.call(.expandVolume, reference)
    }

    private static func expectSize(_ context: CaseContext, _ exchange: Exchange, atLeast size: Int64) {
        guard let made = exchange.reply?.volume?.capacityBytes, made < size else { return }
        context.find(.expandGrows, "the volume has \(made) bytes where at least \(size) were asked for", exchange)
    }
}
