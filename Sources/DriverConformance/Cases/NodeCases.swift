import DriverProtocol
import Glibc

/// Attaching and mounting, on this machine.
enum NodeCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "attach/twice", "attaching and detaching twice succeeds, and isattached tells the truth", .attachTwice,
            needs: [.provision, .attach, .detach], presumes: [.provisionAnswers]
        ) { context in
            let volume = try await context.makeVolume()
            let node = NodeReference(name: try Staging.hostName())
            let first = try await Staging.attached(context, .attach, volume, node)
            if first.code == .notFound || first.code == .invalidArgument {
                throw CaseEnd.skip("the driver does not know this machine as a node: \(first.answer)")
            }
            let device = try context.expectSuccess(first, .attachTwice, "attach").device
            let second = try await Staging.attached(context, .attach, volume, node)
            let again = try context.expectSuccess(second, .attachTwice, "the second attach").device
            if device != again {
                context.find(.attachTwice, "attach twice answers with different devices", first, second)
            }
            try await expectAttached(context, volume, node, true)
            for attempt in ["the first", "the second"] {
                let exchange = try await Staging.attached(context, .detach, volume, node)
                try context.expectSuccess(exchange, .attachTwice, "\(attempt) detach")
            }
            try await expectAttached(context, volume, node, false)
        },
        ConformanceCase(
            "mount/twice", "mounting and unmounting twice succeeds", .mountTwice,
            needs: [.provision, .mount, .unmount],
            presumes: [.provisionAnswers]
        ) { context in
            let volume = try await mountable(context)
            let target = try context.scratch.directory("mount-\(context.driver.number())")
            try await Staging.staged(context, volume) { stage in
                let never = try await mounted(context, .unmount, volume, target, stage)
                try context.expectSuccess(never, .mountTwice, "unmount of what was never mounted")
                for (attempt, verb) in [
                    ("the first", Verb.mount), ("the second", .mount), ("the first", .unmount),
                    ("the second", .unmount),
                ] {
                    let exchange = try await mounted(context, verb, volume, target, stage)
                    try context.expectSuccess(exchange, .mountTwice, "\(attempt) \(verb)")
                }
            }
        },
        ConformanceCase(
            "mount/data", "data is there when the volume is mounted again", .mountKeepsData,
            needs: [.provision, .mount, .unmount], presumes: [.provisionAnswers, .mountTwice]
        ) { context in
            let volume = try await mountable(context)
            let target = try context.scratch.directory("mount-\(context.driver.number())")
            try await Staging.staged(context, volume) { stage in
                let mount = try await mounted(context, .mount, volume, target, stage)
                try context.expectSuccess(mount, .mountKeepsData, "mount")
                try FileContent.write("kept", to: "\(target)/berth-check")
                let unmount = try await mounted(context, .unmount, volume, target, stage)
                try context.expectSuccess(unmount, .mountKeepsData, "unmount")
                if access("\(target)/berth-check", F_OK) == 0 {
                    context.find(
                        .mountKeepsData, "what was written to the volume is at the target after unmount", unmount)
                }
            }
            try await Staging.staged(context, volume) { stage in
                let again = try await mounted(context, .mount, volume, target, stage)
                try context.expectSuccess(again, .mountKeepsData, "the second mount")
                if (try? FileContent.text("\(target)/berth-check")) != "kept" {
                    context.find(
                        .mountKeepsData, "what was written to the volume is not there when it is mounted again", again)
                }
                try await unmounted(context, volume, target, stage)
            }
        },
        ConformanceCase(
            "mount/read-only", "with readOnly nothing can be written", .mountReadOnly,
            needs: [.provision, .mount, .unmount], presumes: [.provisionAnswers, .mountTwice, .mountKeepsData]
        ) { context in
            let volume = try await mountable(context)
            let target = try context.scratch.directory("mount-\(context.driver.number())")
            try await Staging.staged(context, volume) { stage in
                let mount = try await context.call(.mount, volume.reference) {
                    stage.write(into: &$0)
                    $0.target = target
                    $0.readOnly = true
                }
                try context.expectSuccess(mount, .mountReadOnly, "mount with readOnly")
                // That it fails is what is hoped for.
                if (try? FileContent.write("written", to: "\(target)/berth-check")) != nil {
                    context.find(
                        .mountReadOnly, "a file could be written to a volume that was mounted with readOnly", mount)
                }
                if context.info.supports(.mountDevice) { try await unmounted(context, volume, target, stage) }
            }
        },
        ConformanceCase(
            "mountdevice/twice", "mountdevice and unmountdevice twice succeed", .mountTwice,
            needs: [.provision, .mountDevice, .unmountDevice], presumes: [.provisionAnswers]
        ) { context in
            let volume = try await mountable(context)
            try await Staging.onDevice(context, volume) { device in
                let stage = Staging(
                    device: device, target: try context.scratch.directory("staging-\(context.driver.number())"))
                for (attempt, verb) in [
                    ("the first", Verb.unmountDevice), ("the first", .mountDevice), ("the second", .mountDevice),
                    ("the second", .unmountDevice), ("the third", .unmountDevice),
                ] {
                    let exchange = try await context.call(verb, volume.reference) { stage.write(into: &$0) }
                    try context.expectSuccess(exchange, .mountTwice, "\(attempt) \(verb)")
                }
            }
        },
    ]

    /// A volume that can be mounted here.
    private static func mountable(_ context: CaseContext) async throws -> MadeVolume {
        guard geteuid() == 0 else { throw CaseEnd.skip("only root can mount") }
        var wanted = context.volume()
        wanted.volumeMode = context.info.volumeModes.contains("Filesystem") ? "Filesystem" : wanted.volumeMode
        return try await context.makeVolume(wanted)
    }

    private static func unmounted(
        _ context: CaseContext, _ volume: MadeVolume, _ target: String, _ stage: Staging
    ) async throws {
        let exchange = try await mounted(context, .unmount, volume, target, stage)
        try context.expectSuccess(exchange, .mountTwice, "unmount")
    }

    /// Asked again for a while: an indexer, or a process that is just being started, may hold a file of the volume.
    private static func mounted(
        _ context: CaseContext, _ verb: Verb, _ volume: MadeVolume, _ target: String, _ stage: Staging
    ) async throws -> Exchange {
        func call() async throws -> Exchange {
            try await context.call(verb, volume.reference) {
                stage.write(into: &$0)
                $0.target = target
            }
        }
        for _ in 0..<5 {
            let exchange = try await call()
            guard verb == .unmount, exchange.reply?.status == .failure else { return exchange }
            try await Task.sleep(for: .milliseconds(50))
        }
        return try await call()
    }

    private static func expectAttached(
        _ context: CaseContext, _ volume: MadeVolume, _ node: NodeReference, _ expected: Bool
    ) async throws {
        guard context.info.supports(.isAttached) else { return }
        let exchange = try await Staging.attached(context, .isAttached, volume, node)
        guard exchange.succeeded, exchange.reply?.attached != expected else { return }
        context.find(
            .attachTwice, "isattached says \(!expected) after \(expected ? "attach" : "detach")", exchange)
    }
}
