// Writes to a store and says on stdout what was acknowledged, until it is killed: `StoreWriter DIRECTORY PREFIX
// [BYTES]`. With BYTES no file can grow beyond that, and the first write that fails ends it.
//
// Each line is one object's name behind a sign: `+` it was created, `?` it is about to be deleted, `-` it was deleted;
// or `!` and why a write failed.

import Glibc
import JSONTree
import KubernetesAPI
import Logging
import ObjectStore

/// With write(2): what was said must have left the process when the kill comes.
@Sendable func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(1) }
}

let arguments = CommandLine.arguments
guard (3...4).contains(arguments.count) else {
    say("usage: StoreWriter DIRECTORY PREFIX [BYTES]")
    exit(64)
}
let prefix = arguments[2]
if let bytes = arguments.dropFirst(3).first.flatMap({ UInt($0) }) {
    // Ignored, the signal is an error of the write instead of the process's end.
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
    guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(71) }
}
var logger = Logger(label: "writer")
logger.logLevel = .warning
let store = try await ObjectStore.open(directory: arguments[1], logger: logger)
let failure = await withTaskGroup(of: (any Error)?.self) { group in
    for writer in 0..<8 {
        group.addTask {
            do {
                for number in 0... {
                    let name = "\(prefix)-\(writer)-\(number)"
                    let object: JSONValue = [
                        "metadata": ["name": .string(name), "namespace": "default"],
                        "data": ["text": .string(String(repeating: "x", count: 50 * (number % 40)))],
                    ]
                    _ = try await store.create(.configMap, object, WriteOptions())
                    say("+\(name)")
                    // Most go again, so that a store that has seen many writes is still read quickly.
                    guard number > 0, number % 8 != 1 else { continue }
                    let doomed = "\(prefix)-\(writer)-\(number - 1)"
                    say("?\(doomed)")
                    _ = try await store.delete(
                        .configMap, ObjectKey(namespace: "default", name: doomed), DeleteOptions())
                    say("-\(doomed)")
                }
                return nil
            } catch {
                return error
            }
        }
    }
    return await group.next() ?? nil
}
if let failure { say("!\(failure)") }
// What was read before is there also after a failed commit.
_ = try await store.get(.namespace, ObjectKey(name: "default"))
