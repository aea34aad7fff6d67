import DriverProtocol

/// Sizes: rounding, least and largest, limits.
enum CapacityCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "capacity/rounded", "a size is rounded up to the allocation unit", .roundedSize, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            let unit = context.info.allocationUnitBytes
            for asked in [context.size, context.size + 1] {
                let volume = try await context.makeVolume(context.volume(capacityBytes: asked))
                if volume.size % unit != 0 {
                    context.find(
                        .roundedSize, "it made \(volume.size) bytes, which is no multiple of its unit of \(unit)",
                        volume.exchange)
                } else if unit > 1, volume.size - asked >= unit {
                    context.find(
                        .roundedSize,
                        "it made \(volume.size) bytes of \(asked), more than a unit of \(unit) too many",
                        volume.exchange)
                }
            }
        },
        ConformanceCase(
            "capacity/zero", "no size, or 0, asks for the smallest volume", .roundedSize, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            for size in [0, nil] as [Int64?] {
                var wanted = context.volume()
                wanted.capacityBytes = size
                let what = size.map { "a size of \($0)" } ?? "no size"
                let exchange = try await context.call(.provision, wanted)
                try context.expectSuccess(exchange, .roundedSize, "a volume of \(what)")
                guard let made = exchange.reply?.volume?.capacityBytes, made < context.info.minimumBytes else {
                    continue
                }
                context.find(.roundedSize, "it made \(made) bytes, less than its smallest size", exchange)
            }
        },
        ConformanceCase(
            "capacity/smallest", "less than the smallest size is rounded up to it", .roundedSize, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            guard context.info.minimumBytes > 1 else { throw CaseEnd.skip("the driver has no smallest size") }
            let exchange = try await context.call(.provision, context.volume(capacityBytes: 1))
            try context.expectSuccess(exchange, .roundedSize, "a volume of 1 byte")
            guard let made = exchange.reply?.volume?.capacityBytes, made < context.info.minimumBytes else { return }
            context.find(.roundedSize, "it made \(made) bytes, less than its smallest size", exchange)
        },
        ConformanceCase(
            "capacity/limit-equal", "a limit that is the size is kept", .provisionAnswers, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            var wanted = context.volume()
            wanted.limitBytes = wanted.capacityBytes
            let exchange = try await context.call(.provision, wanted)
            try context.expectSuccess(
                exchange, .provisionAnswers, "a size that the driver can make, with itself as the limit")
        },
        impossible("limit-below", "a limit below the size") { context, volume in
            volume.limitBytes = context.size / 2
        },
        impossible("limit-rounded", "a limit that rounding up exceeds") { context, volume in
            let unit = context.info.allocationUnitBytes
            guard unit > 2 else { throw CaseEnd.skip("sizes need no rounding") }
            volume.capacityBytes = context.size + 1
            volume.limitBytes = context.size + unit - 1
        },
        impossible("limit-smallest", "a limit below the smallest size") { context, volume in
            guard context.info.minimumBytes > 1 else { throw CaseEnd.skip("the driver has no smallest size") }
            volume.capacityBytes = 1
            volume.limitBytes = context.info.minimumBytes - 1
        },
        impossible("too-large", "a size above the largest") { context, volume in
            guard let maximum = context.info.maximumBytes, maximum < .max else {
                throw CaseEnd.skip("the driver has no largest size")
            }
            volume.capacityBytes = maximum + 1
        },
        impossible("enormous", "the largest number as the size") { context, volume in
            guard context.info.maximumBytes.map({ $0 < .max }) ?? (context.info.allocationUnitBytes > 1) else {
                throw CaseEnd.skip("the driver has neither a largest size nor a unit")
            }
            volume.capacityBytes = .max
        },
    ]

    private static func impossible(
        _ id: String, _ what: String, _ change: @escaping @Sendable (CaseContext, inout VolumeRequest) throws -> Void
    ) -> ConformanceCase {
        ConformanceCase(
            "capacity/\(id)", "\(what) is OUT_OF_RANGE", .impossibleSize, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            var wanted = context.volume()
            try change(context, &wanted)
            let exchange = try await context.call(.provision, wanted)
            context.expectFailure(exchange, .outOfRange, rule: .impossibleSize, "a volume with \(what)")
            guard context.findings.isEmpty else { return }
            context.driver.ledger.willSend(context.driver.request(.provision, volume: wanted))
            guard try await context.exists(wanted) == true else { return }
            context.find(.impossibleSize, "it has made the volume that it has refused", exchange)
        }
    }
}
