import DriverHost
import DriverProtocol
import Glibc

/// A FlexVolume driver. The volume is one that exists: its options come from whoever runs the suite.
enum FlexVolumeCases {
    static let all: [ConformanceCase] =
        [
            ConformanceCase("flexvolume/init", "init answers Success within 5 seconds", .flexVolumeInit) { context in
                let exchange = try context.answered(try await context.driver.call(context.driver.request(.initialize)))
                try context.expectSuccess(exchange, .flexVolumeInit, "init")
                if exchange.duration > .seconds(5) {
                    context.find(.flexVolumeInit, "init took \(exchange.duration)", exchange)
                }
            },
            ConformanceCase(
                "flexvolume/unknown-call", "a call that the driver does not know is answered Not supported",
                .flexVolumeUnknownCall
            ) { context in
                let exchange = try await ask(context, Verb(rawValue: "frobnicate"))
                if exchange.reply?.status != .notSupported {
                    context.find(
                        .flexVolumeUnknownCall,
                        "\(exchange.answer) to the call frobnicate, where Not supported was expected", exchange)
                }
            },
            ConformanceCase(
                "flexvolume/garbage", "options that are no JSON are answered, in time", .flexVolumeTimeLimit,
                .flexVolumeReply
            ) { context in
                // What is wrong with the answer is found in flexvolume/reply-*; whether it is a failure is the driver's
                // to say: one that needs no options does not look at them.
                var request = try request(context, .mount)
                request.target = try context.scratch.directory("garbage")
                for options in ["{\"kubernetes.io/fsType\":", "no JSON", ""] {
                    let exchange = try await context.driver.callFlexVolume(request, options: options)
                    guard exchange.succeeded else { continue }
                    try await undo(context, .unmount) { $0.target = request.target }
                }
            },
            ConformanceCase(
                "flexvolume/attach-twice", "attaching and detaching twice succeeds", .flexVolumeAttachTwice,
                needs: [.attach, .detach]
            ) { context in
                let first = try await attach(context)
                let second = try await ask(context, .attach)
                let again = try context.expectSuccess(second, .flexVolumeAttachTwice, "the second attach")
                if first.reply?.device != again.device {
                    context.find(
                        .flexVolumeAttachTwice, "attach twice answers with different devices", first, second)
                }
                try await expectAttached(context, true)
                for attempt in ["the first", "the second"] {
                    let exchange = try await ask(context, .detach)
                    if exchange.reply?.status == .notSupported { return }
                    try context.expectSuccess(exchange, .flexVolumeAttachTwice, "\(attempt) detach")
                }
                try await expectAttached(context, false)
            },
            ConformanceCase(
                "flexvolume/mount-twice", "mounting and unmounting twice succeeds", .flexVolumeMountTwice,
                needs: [.mount, .unmount]
            ) { context in
                guard geteuid() == 0 else { throw CaseEnd.skip("only root can mount") }
                let staging = try await stage(context)
                let target = "mount-\(context.driver.number())"
                func mounted(_ verb: Verb) async throws -> Exchange {
                    // Kubelet makes the directory; a driver may remove it when it unmounts.
                    let directory = try context.scratch.directory(target)
                    return try await ask(context, verb) {
                        $0.target = directory
                        $0.stagingTarget = staging
                    }
                }
                let never = try await mounted(.unmount)
                if never.reply?.status == .notSupported {
                    throw CaseEnd.skip("the driver leaves unmount to Kubernetes' default, umount(8)")
                }
                try context.expectSuccess(never, .flexVolumeMountTwice, "unmount of what was never mounted")
                let first = try await mounted(.mount)
                if first.reply?.status == .notSupported {
                    throw CaseEnd.skip("the driver leaves mount to Kubernetes' default, a bind of the device's mount")
                }
                guard first.succeeded else { throw CaseEnd.skip(noVolume(first)) }
                for (attempt, verb) in [("the second", Verb.mount), ("the first", .unmount), ("the second", .unmount)] {
                    try context.expectSuccess(
                        try await mounted(verb), .flexVolumeMountTwice, "\(attempt) \(verb)")
                }
            },
            ConformanceCase(
                "flexvolume/argv-secrets", "no secret stands in the arguments of a process", .secrets, needs: [.mount]
            ) { _ in throw CaseEnd.skip("WARNING, for any such driver: \(FlexVolume.secretsWarning)") },
        ] + replies

    private static let replies = [
        reply(
            "one-object", "each reply is one JSON object on standard output, with FlexVolume's members",
            .flexVolumeReply),
        reply("exit-status", "Success ends with exit status 0", .flexVolumeExitStatus),
        reply("in-time", "each call ends in its time", .flexVolumeTimeLimit),
        reply("secrets", "no secret stands on standard output or standard error", .flexVolumeSecrets),
    ]

    private static func reply(_ id: String, _ title: String, _ rule: ConformanceRule) -> ConformanceCase {
        ReplyCases.test("flexvolume/reply-\(id)", title, rule)
    }

    // MARK: What is not tried

    /// A line for each topic of the other cases, and why it is none of a FlexVolume driver's.
    static var inapplicable: [CaseResult] {
        var topics: [String] = []
        for test in ConformanceSuite.allCases {
            let topic = String(test.id.prefix { $0 != "/" })
            if !topics.contains(topic) { topics.append(topic) }
        }
        return topics.map { topic in
            CaseResult(
                id: "\(topic)/*", title: "the cases of Berth's own protocol about \(topic)", rules: [],
                outcome: .skipped(reasons[topic] ?? "FlexVolume has no such call"), duration: .zero)
        }
    }

    private static let growth = "a volume that was grown cannot be made small again: try it with berth driver call"

    private static let reasons = [
        "init": "FlexVolume's init declares neither parameters nor limits; see flexvolume/init",
        "input": "a FlexVolume driver gets arguments, not requests; see flexvolume/unknown-call and flexvolume/garbage",
        "expand": growth, "expandvolume": growth,
        "attach": "see flexvolume/attach-twice", "mount": "see flexvolume/mount-twice",
        "mountdevice": "kubelet, and Berth, never call mountdevice or unmountdevice twice",
        "secrets": "see flexvolume/argv-secrets", "reply": "see flexvolume/reply-*",
        "kill": "what a FlexVolume driver does can only be seen by its mounts, which are the kernel's",
        "resident": "a FlexVolume driver is started for each call",
    ]

    // MARK: Steps

    private static func request(_ context: CaseContext, _ verb: Verb) throws -> DriverRequest {
        var request = context.driver.request(verb, volume: VolumeRequest(name: volumeName(context)))
        request.node = NodeReference(name: try Staging.hostName())
        request.pod = PodReference(namespace: "default", name: "berth-check", uid: context.driver.run)
        return request
    }

    /// One volume for the whole run: it is the options that say which it is.
    private static func volumeName(_ context: CaseContext) -> String { "check-\(context.driver.run)" }

    private static func ask(
        _ context: CaseContext, _ verb: Verb, _ change: (inout DriverRequest) -> Void = { _ in }
    ) async throws -> Exchange {
        var request = try request(context, verb)
        change(&request)
        return try context.answered(try await context.driver.call(request))
    }

    private static func undo(
        _ context: CaseContext, _ verb: Verb, _ change: (inout DriverRequest) -> Void
    ) async throws {
        let exchange = try await ask(context, verb, change)
        guard exchange.reply?.status == .failure else { return }
        throw CaseEnd.skip("what it had done could not be undone: \(exchange.answer) to \(exchange.subject)")
    }

    private static func attach(_ context: CaseContext) async throws -> Exchange {
        let exchange = try await ask(context, .attach)
        if exchange.reply?.status == .notSupported {
            throw CaseEnd.skip("the driver says \"attach\": true, or nothing of it, and does not support attach")
        }
        guard exchange.succeeded else { throw CaseEnd.skip(noVolume(exchange)) }
        return exchange
    }

    /// For a driver that attaches: the volume's device, mounted for all Pods.
    ///
    /// - Returns: Where; `nil` for a driver that does not attach.
    private static func stage(_ context: CaseContext) async throws -> String? {
        guard context.info.supports(.attach) else { return nil }
        var exchange = try await ask(context, .attach)
        var device = exchange.reply?.device
        for verb in [Verb.waitForAttach, .mountDevice] {
            if exchange.reply?.status == .failure { throw CaseEnd.skip(noVolume(exchange)) }
            let staging = try context.scratch.directory("staging")
            exchange = try await ask(context, verb) {
                $0.device = device
                $0.stagingTarget = staging
            }
            device = exchange.reply?.device ?? device
        }
        guard exchange.reply?.status != .failure else { throw CaseEnd.skip(noVolume(exchange)) }
        return "\(context.scratch.path)/staging"
    }

    private static func expectAttached(_ context: CaseContext, _ expected: Bool) async throws {
        let exchange = try await ask(context, .isAttached)
        guard exchange.succeeded, exchange.reply?.attached != expected else { return }
        context.find(
            .flexVolumeAttachTwice, "isattached says \(!expected) after \(expected ? "attach" : "detach")", exchange)
    }

    private static func noVolume(_ exchange: Exchange) -> String {
        "there is no volume to try it with: \(exchange.answer) to \(exchange.subject). Give the volume's options as "
            + "--parameter k=v"
    }
}
