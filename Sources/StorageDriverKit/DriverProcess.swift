import DriverProtocol
import Glibc
import JSONTree

extension StorageDriver {
    /// The executable: `<driver> <verb>` for one call, `<driver> serve` for many. Does not return.
    public static func main() {
        DriverProcess.run(Self())
    }
}

/// What is common to both ways to run: the arguments, the standard streams, the signals, the exit status.
enum DriverProcess {
    /// A longer request is refused.
    static let requestLimit = 4 * 1024 * 1024
    /// Calls at a time, unless the driver says otherwise.
    private static let defaultConcurrency = 16

    static func run(_ driver: some StorageDriver) -> Never {
        prepareSignals()
        let output = protectStandardOutput()
        let arguments = CommandLine.arguments.dropFirst()
        guard let word = arguments.first, arguments.count == 1, !word.hasPrefix("-") else {
            printUsage(driver.info)
            exit(arguments.first == "--help" || arguments.first == "-h" ? 0 : 2)
        }
        let table: VerbTable
        do {
            table = try VerbTable(driver)
        } catch {
            let text = "the driver \(driver.info.name) describes its parameters wrongly: \(error)"
            DriverLog.write(text)
            answer(.failure(DriverError(.internal, text, outcome: .final)), on: output)
        }
        guard word == "serve" else {
            answer(SingleCall(table: table, verb: Verb(rawValue: word), input: STDIN_FILENO).reply(), on: output)
        }
        let limit = table.info.maximumConcurrency ?? defaultConcurrency
        let readError = ResidentServer(table, input: STDIN_FILENO, output: output, limit: limit).run()
        if readError != 0 { DriverLog.write("standard input cannot be read: errno \(readError)") }
        exit(readError == 0 ? 0 : 1)
    }

    private static func answer(_ reply: DriverReply, on output: Int32) -> Never {
        let failure = FileOutput.write(reply.json.encoded + [UInt8(ascii: "\n")], to: output)
        if failure != 0 { DriverLog.write("the reply could not be written: errno \(failure)") }
        exit(failure == 0 && reply.status.exitsWithZero ? 0 : 1)
    }

    /// A host that goes away must not kill a driver in the midst of its work by SIGPIPE: writing tells it. SIGTERM
    /// ends it at once, however it was inherited: every verb can be killed at any moment and called again.
    private static func prepareSignals() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGTERM, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// Keeps standard output for replies: whatever else prints there, a stray `print` or a library, goes to standard
    /// error and cannot corrupt the protocol.
    ///
    /// - Returns: The descriptor for replies; not inherited by what the driver starts.
    private static func protectStandardOutput() -> Int32 {
        let output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
        guard output >= 0 else {
            DriverLog.write("standard output is closed; there is nowhere to answer")
            exit(1)
        }
        if dup2(STDERR_FILENO, STDOUT_FILENO) < 0 {
            // Standard error is closed: nothing may stand in its place but what swallows everything.
            let null = open("/dev/null", O_WRONLY)
            dup2(null, STDOUT_FILENO)
        }
        return output
    }

    private static func printUsage(_ info: DriverInfo) {
        DriverLog.write(
            """
            \(info.name) \(info.version), a storage driver for Berth.
            usage: \(CommandLine.arguments.first ?? info.name) VERB < request.json    one call: a JSON request, a JSON reply
                   \(CommandLine.arguments.first ?? info.name) serve                  many calls, one JSON object per line
            verbs: \(Verb.all.map(\.rawValue).joined(separator: " "))
            """)
    }
}
