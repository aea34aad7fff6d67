import DriverProtocol

/// Snapshots, and volumes that begin with the content of one, or of another volume.
enum SnapshotCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "snapshot/twice", "createsnapshot twice gives one snapshot", .snapshotRepeatable,
            needs: [.provision, .createSnapshot, .deleteSnapshot], presumes: [.provisionAnswers, .distinctVolumes]
        ) { context in
            let volume = try await context.makeVolume()
            let name = context.name()
            let first = try await take(context, name, of: volume)
            let snapshot = try context.expectSuccess(first, .snapshotRepeatable, "createsnapshot").snapshot
            let second = try await take(context, name, of: volume)
            let again = try context.expectSuccess(second, .snapshotRepeatable, "the second createsnapshot").snapshot
            if let snapshot, let again, snapshot.id != again.id || snapshot.createdAt != again.createdAt {
                context.find(.snapshotRepeatable, "two calls for one snapshot differ in id or createdAt", first, second)
            }
            if let snapshot, snapshot.sourceVolumeID != volume.made.id {
                context.find(
                    .snapshotRepeatable,
                    "the snapshot's sourceVolumeID is \"\(snapshot.sourceVolumeID)\", the volume's id \"\(volume.made.id)\"",
                    first)
            }
            if let snapshot, RFC3339Time(snapshot.createdAt) == nil {
                context.find(
                    .snapshotRepeatable, "createdAt, \"\(snapshot.createdAt)\", is not as RFC 3339 has it", first)
            }
        },
        ConformanceCase(
            "snapshot/other-volume", "the name of another volume's snapshot is ALREADY_EXISTS", .snapshotOtherVolume,
            needs: [.provision, .createSnapshot, .deleteSnapshot],
            presumes: [.provisionAnswers, .distinctVolumes, .snapshotRepeatable]
        ) { context in
            let (one, other) = (try await context.makeVolume(), try await context.makeVolume())
            let name = context.name()
            _ = try await makeSnapshot(context, name, of: one)
            let exchange = try await take(context, name, of: other)
            context.expectFailure(
                exchange, .alreadyExists, rule: .snapshotOtherVolume, "the snapshot's name with another volume")
        },
        ConformanceCase(
            "snapshot/delete", "deleting a snapshot twice succeeds, and it is gone", .snapshotDelete,
            needs: [.provision, .createSnapshot, .deleteSnapshot],
            presumes: [.provisionAnswers, .distinctVolumes, .snapshotRepeatable]
        ) { context in
            let volume = try await context.makeVolume()
            let name = context.name()
            let snapshot = try await makeSnapshot(context, name, of: volume)
            for attempt in ["the first", "the second"] {
                let exchange = try await delete(context, name, snapshot)
                try context.expectSuccess(exchange, .snapshotDelete, "\(attempt) deletesnapshot")
            }
            let never = try await delete(context, context.name(), nil)
            try context.expectSuccess(never, .snapshotDelete, "deletesnapshot of what never was")
            guard context.info.supports(.listSnapshots) else { return }
            let list = try await context.call(.listSnapshots)
            if list.reply?.snapshots?.contains(where: { $0.id == snapshot.id }) == true {
                context.find(.snapshotDelete, "listsnapshots has \(name) still", list)
            }
        },
        ConformanceCase(
            "snapshot/same-time", "the same createsnapshot at the same moment gives one snapshot", .simultaneous,
            needs: [.provision, .createSnapshot, .deleteSnapshot],
            presumes: [.provisionAnswers, .repeatable, .distinctVolumes, .snapshotRepeatable, .snapshotDelete]
        ) { context in
            let volume = try await context.makeVolume()
            for _ in 0..<2 {
                let name = context.name()
                let exchanges = try await context.together(4) { try await take(context, name, of: volume) }
                context.expectOrderly(exchanges)
                let snapshot = try await makeSnapshot(context, name, of: volume)
                for exchange in exchanges {
                    guard let other = exchange.reply?.snapshot, other.id != snapshot.id else { continue }
                    context.find(
                        .simultaneous,
                        "one of four equal calls answered with the snapshot \"\(other.id)\", a later one "
                            + "with \"\(snapshot.id)\"", exchange)
                }
                let deleted = try await context.together(4) { try await delete(context, name, snapshot) }
                context.expectOrderly(deleted)
            }
        },
        ConformanceCase(
            "snapshot/list", "listsnapshots has every snapshot, and with a volume those of the volume", .snapshotList,
            needs: [.provision, .createSnapshot, .deleteSnapshot, .listSnapshots],
            presumes: [.provisionAnswers, .repeatable, .distinctVolumes, .snapshotRepeatable, .snapshotDelete]
        ) { context in
            let (one, other) = (try await context.makeVolume(), try await context.makeVolume())
            let names = [context.name(), context.name()]
            _ = try await makeSnapshot(context, names[0], of: one)
            _ = try await makeSnapshot(context, names[1], of: other)
            let all = try await context.call(.listSnapshots)
            let listed = try context.expectSuccess(all, .snapshotList, "listsnapshots").snapshots ?? []
            for name in names where listed.count(where: { $0.name == name }) != 1 && all.reply?.nextToken == nil {
                context.find(.snapshotList, "listsnapshots does not have \(name) once", all)
            }
            let ofOne = try await context.call(.listSnapshots, one.reference)
            let some = try context.expectSuccess(ofOne, .snapshotList, "listsnapshots of a volume").snapshots ?? []
            if some.contains(where: { $0.name == names[1] }) || !some.contains(where: { $0.name == names[0] }) {
                context.find(
                    .snapshotList, "listsnapshots of a volume has not just the snapshots of that volume", ofOne)
            }
        },
        copy("restore", "snapshot", needs: [.createSnapshot, .deleteSnapshot], feature: .restore) { context, volume in
            let name = context.name()
            let snapshot = try await makeSnapshot(context, name, of: volume)
            return .snapshot(
                ContentSource.SourceReference(
                    id: snapshot.id, name: name, capacityBytes: snapshot.sizeBytes, context: snapshot.context))
        },
        copy("clone", "volume", needs: [], feature: .clone) { _, volume in
            .volume(
                ContentSource.SourceReference(
                    id: volume.made.id, name: volume.name, capacityBytes: volume.size, context: volume.made.context))
        },
        ConformanceCase(
            "copy/same-time", "the same volume with content at the same moment is one volume", .simultaneous,
            needs: [.provision], features: [.clone],
            presumes: [.provisionAnswers, .repeatable, .distinctVolumes, .contentCopied]
        ) { context in
            let original = try await context.makeVolume()
            _ = try await VolumeContent.of(original, holding: "original", context)
            for _ in 0..<2 {
                var wanted = context.volume()
                wanted.contentSource = .volume(
                    ContentSource.SourceReference(
                        id: original.made.id, name: original.name, capacityBytes: original.size,
                        context: original.made.context))
                let exchanges = try await context.together(4) { [wanted] in try await context.call(.provision, wanted) }
                context.expectOrderly(exchanges)
                let again = try await context.makeVolume(wanted)
                for exchange in exchanges where exchange.succeeded {
                    ProvisionCases.expectSame(context, again, exchange, rule: .simultaneous)
                }
                try await ProvisionCases.expectOne(context, wanted.name, rule: .simultaneous, again.exchange)
            }
        },
        ConformanceCase(
            "copy/source", "a source that is not there, or of a kind that is not offered, is refused",
            .contentSourceMissing, needs: [.provision], presumes: [.provisionAnswers, .distinctVolumes]
        ) { context in
            let nothing = ContentSource.SourceReference(id: context.name(), name: context.name(), capacityBytes: 1)
            for (source, feature) in [
                (ContentSource.snapshot(nothing), Capability.restore), (.volume(nothing), .clone),
            ] {
                var wanted = context.volume()
                wanted.contentSource = source
                let exchange = try await context.call(.provision, wanted)
                if context.info.supports(feature) {
                    context.expectFailure(
                        exchange, .notFound, rule: .contentSourceMissing, "a volume from a source that is not there")
                } else {
                    context.expectFailure(
                        exchange, .invalidArgument, rule: .contentSourceMissing,
                        "a volume with a contentSource, to a driver without \(feature)")
                }
            }
        },
    ]

    private static func copy(
        _ id: String, _ what: String, needs: [Verb], feature: Capability,
        _ source: @escaping @Sendable (CaseContext, MadeVolume) async throws -> ContentSource
    ) -> ConformanceCase {
        ConformanceCase(
            "copy/\(id)", "a volume made from a \(what) has its content, and is on its own", .contentCopied,
            needs: [.provision] + needs, features: [feature],
            presumes: [.provisionAnswers, .distinctVolumes, .snapshotRepeatable]
        ) { context in
            let original = try await context.makeVolume()
            let content = try await VolumeContent.of(original, holding: "original", context)
            var wanted = context.volume()
            wanted.contentSource = try await source(context, original)
            let exchange = try await context.call(.provision, wanted)
            let made = try context.expectSuccess(exchange, .contentCopied, "a volume from a \(what)").volume
            guard let made else { return }
            if made.contentSource == nil {
                context.find(.contentCopied, "the reply has no contentSource", exchange)
            }
            if let size = made.capacityBytes, size < original.size {
                context.find(
                    .contentCopied, "the copy has \(size) bytes, the original \(original.size)", original.exchange,
                    exchange)
            }
            let copy = MadeVolume(
                wanted: wanted, made: made, reference: context.reference(wanted, made), exchange: exchange)
            guard let content, let copied = try await VolumeContent.of(copy, context) else {
                if !context.findings.isEmpty { return }
                throw CaseEnd.skip("made, but its content is out of reach, and was not compared")
            }
            if try await copied.read() != "original" {
                context.find(.contentCopied, "what was written to the original is not in the copy", exchange)
                return
            }
            try await copied.write("changed in the copy")
            if try await content.read() != "original" {
                context.find(.contentCopied, "what is written to the copy is in the original", exchange)
            }
        }
    }

    private static func take(_ context: CaseContext, _ name: String, of volume: MadeVolume) async throws -> Exchange {
        try await context.call(.createSnapshot, volume.reference) { $0.snapshot = SnapshotRequest(name: name) }
    }

    private static func makeSnapshot(
        _ context: CaseContext, _ name: String, of volume: MadeVolume
    ) async throws -> Snapshot {
        let exchange = try await take(context, name, of: volume)
        guard exchange.succeeded, let snapshot = exchange.reply?.snapshot else {
            throw CaseEnd.skip("there is no snapshot to try it with: \(exchange.answer)")
        }
        return snapshot
    }

    private static func delete(_ context: CaseContext, _ name: String, _ snapshot: Snapshot?) async throws -> Exchange {
        try await context.call(.deleteSnapshot) {
            $0.snapshot = SnapshotRequest(name: name, id: snapshot?.id ?? name, context: snapshot?.context ?? [:])
        }
    }
}
