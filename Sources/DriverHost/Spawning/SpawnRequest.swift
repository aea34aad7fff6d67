import CSpawn
import Glibc

/// What to start, and as whom. A driver inherits nothing but what stands here.
struct SpawnRequest: Sendable, Hashable {
    /// An absolute path.
    var executable: String
    /// Without argv[0], which is the path.
    var arguments: [String]
    var environment: [String: String]
    var directory: String
    var fileModeMask: UInt32 = 0o022
    var limits = ResourceLimit.standard
    /// Whom to run as; `nil` is the host's own user.
    var user: UserIdentity?
    /// The purpose of the process; `nil`: it is not recorded.
    var purpose: Purpose?

    struct Purpose: Sendable, Hashable {
        var callID: String
        var driver: String
        /// Whether the process serves one call and gets a ``ControlGroup``, with which all that it has started is killed
        /// if the host ends it. What a resident driver starts may have to outlive it.
        var isCall = true
    }
}

/// A soft limit of setrlimit(2).
struct ResourceLimit: Sendable, Hashable {
    var resource: CInt
    var soft: UInt64

    /// No core dumps, which would hold secrets; and as many open files as a login has, since a host's own high limit
    /// makes older runtimes close a million descriptors at each fork.
    static let standard = [
        ResourceLimit(resource: CInt(RLIMIT_CORE.rawValue), soft: 0),
        ResourceLimit(resource: CInt(RLIMIT_NOFILE.rawValue), soft: 1024),
    ]
}

/// Numeric ids of the user that a driver runs as.
struct UserIdentity: Sendable, Hashable {
    var user: uid_t
    var group: gid_t
    var supplementaryGroups: [gid_t]
    var homeDirectory: String
}

extension SpawnRequest {
    /// Starts the process. The calling thread must outlive it (see `cspawn_start`).
    func start(in group: ControlGroup?) throws(SpawnError) -> StartedProcess {
        let variables = environment.map { "\($0.key)=\($0.value)" }.sorted()
        guard ([executable, directory] + arguments + variables).allSatisfy({ !$0.utf8.contains(0) }) else {
            throw SpawnError(stage: .arguments, errorNumber: EINVAL, path: executable)
        }
        let started: Result<cspawn_process, SpawnError> = withCStrings([executable] + arguments) { arguments in
            withCStrings(variables) { variables in
                withRawRequest(group, arguments: arguments, environment: variables) { request in
                    var process = cspawn_process()
                    var stage = CSPAWN_STAGE_FORK
                    let reason = cspawn_start(request, &process, &stage)
                    guard reason != 0 else { return .success(process) }
                    let stageName = SpawnError.Stage(stage)
                    let path = stageName == .directory ? directory : executable
                    return .failure(SpawnError(stage: stageName, errorNumber: reason, path: path))
                }
            }
        }
        return StartedProcess(try started.get())
    }

    private func withRawRequest<R>(
        _ group: ControlGroup?,
        arguments: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        environment: UnsafePointer<UnsafeMutablePointer<CChar>?>,
        _ body: (UnsafePointer<cspawn_request>) -> R
    ) -> R {
        let limits = self.limits.map { cspawn_limit(resource: $0.resource, soft: $0.soft) }
        let groups = user?.supplementaryGroups ?? []
        return executable.withCString { path in
            directory.withCString { directory in
                limits.withUnsafeBufferPointer { limits in
                    groups.withUnsafeBufferPointer { groups in
                        var request = cspawn_request(
                            path: path, arguments: arguments, environment: environment, directory: directory,
                            file_mode_mask: fileModeMask, limits: limits.baseAddress, limit_count: limits.count,
                            changes_user: user == nil ? 0 : 1, user: user?.user ?? 0, group: user?.group ?? 0,
                            supplementary_groups: groups.baseAddress, supplementary_group_count: groups.count,
                            control_group: group?.descriptor.rawValue ?? -1)
                        return body(&request)
                    }
                }
            }
        }
    }
}

/// Calls `body` with a NULL-terminated array of C strings.
private func withCStrings<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
    var pointers = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
        // Never empty: it ends with NULL.
        buffer.baseAddress.map(body) ?? withCStrings([], body)
    }
}
