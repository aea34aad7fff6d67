import DriverProtocol

/// Reading one volume.
enum GetCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "get/agrees", "get answers what provision answered", .getAgrees, needs: [.provision, .get],
            presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let exchange = try await context.call(.get, volume.reference)
            let read = try context.expectSuccess(exchange, .getAgrees, "get of a volume that is there").volume
            if let read, read.id != volume.made.id {
                context.find(
                    .getAgrees, "get answers with the id \"\(read.id)\", provision with \"\(volume.made.id)\"",
                    volume.exchange, exchange)
            }
            if let size = read?.capacityBytes, size != volume.size {
                context.find(
                    .getAgrees, "get answers with \(size) bytes, provision with \(volume.size)", volume.exchange,
                    exchange)
            }
        },
        missing(.get), missing(.expandVolume), missing(.stats),
    ]

    private static func missing(_ verb: Verb) -> ConformanceCase {
        ConformanceCase("\(verb)/missing", "\(verb) of what is not there is NOT_FOUND", .notFound, needs: [verb]) {
            context in
            var volume = context.volume()
            volume.id = volume.name
            let exchange = try await context.call(verb, volume)
            context.expectFailure(exchange, .notFound, rule: .notFound, "\(verb) of a volume that never was")
        }
    }
}
