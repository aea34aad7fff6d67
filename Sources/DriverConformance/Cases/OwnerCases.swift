import DriverProtocol

/// Several hosts on one backend.
enum OwnerCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "owner/list", "list has nothing of another host", .ownerList, needs: [.provision, .list],
            presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let others = try await context.list(owner: "\(context.driver.owner)-other")
            guard others.contains(where: { $0.name == volume.name }) else { return }
            context.find(.ownerList, "list for another owner has \(volume.name)", volume.exchange)
        },
        ConformanceCase(
            "owner/foreign", "what belongs to another host is left alone", .ownerForeign,
            needs: [.provision, .delete, .list], presumes: [.provisionAnswers, .ownerList, .listComplete]
        ) { context in
            let volume = try await context.makeVolume()
            let stranger = "\(context.driver.owner)-other"
            let provision = try await context.call(.provision, volume.wanted, owner: stranger)
            context.expectFailure(
                provision, .alreadyExists, rule: .ownerForeign, "provision of the name of another owner's volume")
            let deletion = try await context.call(.delete, volume.reference, owner: stranger)
            guard try await !context.list().contains(where: { $0.name == volume.name }) else { return }
            context.find(.ownerForeign, "delete by another owner has deleted \(volume.name)", deletion)
        },
    ]
}
