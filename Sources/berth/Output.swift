import ArgumentParser
import Glibc
import JSONTree
import KubernetesAPI
import Synchronization

/// What the command prints. Written at once: `print` keeps its output in a buffer that a killed process loses.
enum Output {
    static func line(_ text: String) { write(text, to: STDOUT_FILENO) }

    static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    /// Where nobody reads any more (`| head`), or nothing can be written, the command ends as by Ctrl-C: one that would
    /// take back what it has made then does so.
    private static func write(_ text: String, to descriptor: CInt) {
        var rest = Array((text + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest.removeFirst(count)
                continue
            }
            if errno == EINTR { continue }
            let reason = errno
            // A second signal would end a command in the middle of that.
            guard !hasFailed.exchange(true, ordering: .relaxed) else { return }
            if reason != EPIPE, descriptor == STDOUT_FILENO {
                error("Error: standard output cannot be written: \(String(cString: strerror(reason)))")
            }
            kill(getpid(), SIGINT)
            return
        }
    }

    private static let hasFailed = Atomic(false)

    static func document(_ value: JSONValue, as format: DocumentFormat) {
        switch format {
        case .json: line(value.prettyPrinted())
        case .yaml: line(ManifestEncoder.encode(value))
        }
    }

    static func warnings(_ warnings: [String]) {
        for warning in warnings { error("Warning: \(warning)") }
    }
}

/// How a command prints what programs read.
enum DocumentFormat: String, ExpressibleByArgument, CaseIterable { case json, yaml }

/// Ends the command with exit status 1 and one message, without the usage text that `ValidationError` adds.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
