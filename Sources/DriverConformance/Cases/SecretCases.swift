import DriverProtocol
import Glibc
import Synchronization

/// Secrets in what the driver starts. That they stand on no output is looked at in every call.
enum SecretCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "secrets/processes", "no secret stands in the arguments or the environment of a process", .secrets,
            needs: [.provision], presumes: [.provisionAnswers]
        ) { context in
            guard ProcessTree.isVisible else { throw CaseEnd.skip("this kernel does not list a process's children") }
            let volume = context.volume()
            var made = volume
            for verb in [Verb.provision, .get, .expandVolume, .stats, .delete] where context.info.supports(verb) {
                let tree = ProcessTree(context.driver.secrets)
                let request = context.driver.request(verb, volume: made)
                let exchange = try await context.driver.call(request) { tree.look(from: $0) }
                if let reply = exchange.reply?.volume, verb == .provision { made = context.reference(volume, reply) }
                guard let leak = tree.leak else { continue }
                context.find(.secrets, "\(exchange.subject): \(leak)", exchange)
                throw CaseEnd.failed
            }
        }
    ]
}

/// Looks at the processes that a driver starts, while they run: sampled, some thousand times a second.
private final class ProcessTree: Sendable {
    private let secrets: Secrets
    private let found = Mutex<String?>(nil)

    init(_ secrets: Secrets) { self.secrets = secrets }

    static var isVisible: Bool { access("/proc/self/task/\(getpid())/children", R_OK) == 0 }

    var leak: String? { found.withLock { $0 } }

    func look(from process: pid_t) {
        guard leak == nil else { return }
        // A process ends at any time: what cannot be read is gone.
        guard let text = try? FileContent.text("/proc/\(process)/task/\(process)/children") else { return }
        for child in text.split(separator: " ").compactMap({ pid_t($0) }) {
            for (file, what) in [("cmdline", "arguments"), ("environ", "environment")] {
                guard let bytes = try? FileContent.bytes("/proc/\(child)/\(file)"),
                    let name = secrets.leak(in: bytes)
                else { continue }
                let command =
                    (try? FileContent.text("/proc/\(child)/comm"))?.split(separator: "\n").first ?? "a process"
                found.withLock {
                    $0 =
                        "the value of the secret \"\(name)\" stands in the \(what) of \(command), where every user reads it"
                }
                return
            }
            look(from: child)
        }
    }
}
