import DriverProtocol

/// Listing volumes.
enum ListCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "list/complete", "list has every volume, once, with its name and id", .listComplete,
            needs: [.provision, .list], presumes: [.provisionAnswers]
        ) { context in
            let volumes = try await make(3, context)
            let list = try await context.call(.list)
            let listed = try context.expectSuccess(list, .listComplete, "list").volumes ?? []
            let all = list.reply?.nextToken == nil ? listed : try await context.list()
            for volume in volumes {
                let entries = all.filter { $0.name == volume.name }
                if entries.count != 1 {
                    context.find(.listComplete, "list has \(volume.name) \(entries.count) times", list)
                } else if entries[0].id != volume.made.id {
                    context.find(
                        .listComplete,
                        "list has \(volume.name) with the id \"\(entries[0].id)\", provision made \"\(volume.made.id)\"",
                        volume.exchange, list)
                }
            }
            if let nameless = all.first(where: { $0.name == nil }) {
                context.find(.listComplete, "the volume \"\(nameless.id)\" in the list has no name", list)
            }
        },
        ConformanceCase(
            "list/pages", "pages are as short as asked for, and complete together", .listPages,
            needs: [.provision, .list],
            presumes: [.provisionAnswers, .listComplete]
        ) { context in
            let volumes = try await make(5, context)
            for length in [1, 2] {
                let pages = try await pages(of: length, context)
                expectComplete(context, pages, volumes.map(\.name))
            }
        },
        ConformanceCase(
            "list/pages-change", "pages are complete while volumes go and come", .listPages,
            needs: [.provision, .list, .delete], presumes: [.provisionAnswers, .listComplete, .deleted]
        ) { context in
            let volumes = try await make(6, context)
            var gone: [String] = []
            let pages = try await pages(of: 2, context) { page in
                // What was just seen goes: an offset would now skip as many.
                guard gone.isEmpty else { return }
                for name in page.compactMap(\.name) {
                    guard let volume = volumes.first(where: { $0.name == name }) else { continue }
                    gone.append(name)
                    _ = try await context.call(.delete, volume.reference)
                }
            }
            expectComplete(context, pages, volumes.map(\.name).filter { !gone.contains($0) })
        },
        ConformanceCase("list/token", "an unknown token is ABORTED", .listToken, needs: [.list]) { context in
            let exchange = try await context.call(.list) {
                $0.paging = Paging(startingToken: "no token of yours/\u{e9}")
            }
            context.expectFailure(exchange, .aborted, rule: .listToken, "list with a token that nobody gave")
        },
    ]

    private static func make(_ count: Int, _ context: CaseContext) async throws -> [MadeVolume] {
        var volumes: [MadeVolume] = []
        for _ in 0..<count { volumes.append(try await context.makeVolume()) }
        return volumes
    }

    private static func pages(
        of length: Int, _ context: CaseContext, between: ([ProvisionedVolume]) async throws -> Void = { _ in }
    ) async throws -> [(volumes: [ProvisionedVolume], exchange: Exchange)] {
        var pages: [(volumes: [ProvisionedVolume], exchange: Exchange)] = []
        var token: String?
        repeat {
            let exchange = try await context.call(.list) {
                $0.paging = Paging(startingToken: token, maxEntries: length)
            }
            let page =
                try context.expectSuccess(exchange, .listPages, "page \(pages.count + 1) of the list").volumes ?? []
            if page.count > length {
                context.find(
                    .listPages, "a page has \(page.count) volumes where at most \(length) were asked for", exchange)
                throw CaseEnd.failed
            }
            pages.append((page, exchange))
            token = exchange.reply?.nextToken
            if token != nil { try await between(page) }
            guard pages.count < 1000 else {
                context.find(.listPages, "each of 1000 pages has a nextToken", exchange)
                throw CaseEnd.failed
            }
        } while token != nil
        return pages
    }

    private static func expectComplete(
        _ context: CaseContext, _ pages: [(volumes: [ProvisionedVolume], exchange: Exchange)], _ names: [String]
    ) {
        let listed = pages.flatMap { $0.volumes.compactMap(\.name) }
        guard let last = pages.last else { return }
        for name in names {
            let count = listed.count { $0 == name }
            if count != 1 { context.find(.listPages, "\(name) stands \(count) times in the pages", last.exchange) }
        }
    }
}
