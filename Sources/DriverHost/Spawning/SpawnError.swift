import CSpawn
import Glibc

/// Why a driver's process could not be started. The driver has done nothing.
struct SpawnError: Error, Sendable, Hashable, CustomStringConvertible {
    enum Stage: Sendable, Hashable {
        case arguments, record, descriptors, fork, session, directory, limits, user, parent, execute
    }

    var stage: Stage
    var errorNumber: CInt
    /// The executable, or the directory or file when that is what failed.
    var path = ""

    var description: String {
        let reason = systemErrorMessage(errorNumber)
        switch stage {
        case .arguments: return "cannot start \(path): an argument or a variable holds a NUL byte"
        case .record:
            return "cannot record the process in \(path): \(reason). Without the record, a crash could leave it running"
        case .descriptors:
            return "cannot open pipes for \(path): \(reason). The host needs a higher limit of open files (ulimit -n)"
        case .fork: return "cannot make a process for \(path): \(reason)"
        case .session: return "cannot give \(path) a session of its own: \(reason)"
        case .directory: return "cannot enter the driver's working directory \(path): \(reason)"
        case .limits: return "cannot set the resource limits of \(path): \(reason)"
        case .user: return "cannot run \(path) as the user in 'runAs': \(reason). The host must be root for that"
        case .parent: return "\(path) was not started, since the host is ending: \(reason)"
        case .execute: return "cannot execute \(path): \(reason)" + remedy
        }
    }

    private var remedy: String {
        switch errorNumber {
        case EACCES: ". Run chmod +x on it, and look whether its file system is mounted noexec"
        case ENOENT: ". Either it is gone, or the interpreter in its first line (#!) or its loader is"
        case E2BIG:
            ". An argument or a variable is longer than the kernel takes, which is 128 KiB; a FlexVolume driver gets a "
                + "volume's options and secrets in one"
        case ENOEXEC: ". It is neither a binary for this machine nor a script that begins with #!"
        case ETXTBSY: ". Somebody has it open for writing: install a new version with mv, not with cp"
        default: ""
        }
    }
}

extension SpawnError.Stage {
    init(_ stage: cspawn_stage) {
        switch stage {
        case CSPAWN_STAGE_PIPES, CSPAWN_STAGE_DESCRIPTORS: self = .descriptors
        case CSPAWN_STAGE_SESSION: self = .session
        case CSPAWN_STAGE_DIRECTORY: self = .directory
        case CSPAWN_STAGE_LIMITS: self = .limits
        case CSPAWN_STAGE_USER: self = .user
        case CSPAWN_STAGE_PARENT: self = .parent
        case CSPAWN_STAGE_EXECUTE: self = .execute
        default: self = .fork
        }
    }
}

/// What strerror(3) says. Debian 12's glibc keeps its buffer per thread.
func systemErrorMessage(_ errorNumber: CInt) -> String {
    String(cString: strerror(errorNumber))
}
