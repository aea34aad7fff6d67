import Glibc

/// How a driver's process ended. A non-zero exit is data, not an error.
public enum ExitStatus: Sendable, Hashable {
    case exited(Int32)
    case signaled(Int32)
    /// waitpid(2) did not say.
    case unknown(errorNumber: Int32)

    init(waitStatus: CInt) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xFF) : .signaled(signal)
    }

    /// What a shell would call it: the status, or 128 and the signal.
    public var shellStatus: Int32 {
        switch self {
        case .exited(let status): status
        case .signaled(let signal): 128 + signal
        case .unknown: -1
        }
    }
}

extension ExitStatus: CustomStringConvertible {
    public var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signaled(let signal): "killed by \(signalName(signal))"
        case .unknown(let errorNumber): "exit status unknown: \(systemErrorMessage(errorNumber))"
        }
    }
}

/// A signal's name as kill(1) lists it, with its number: `SIGSEGV (signal 11)`.
func signalName(_ signal: CInt) -> String {
    let names: [CInt: String] = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
        SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ", SIGSYS: "SIGSYS",
    ]
    return names[signal].map { "\($0) (signal \(signal))" } ?? "signal \(signal)"
}
