import BlockDevices
import CFileSystem
import DriverProtocol
import Glibc
import StorageDriverKit

/// Mounting is the kernel's: offered where it has an NFS client, and otherwise `Not supported` with the reason.
extension NFSDriver: VolumeMounting {
    var unavailable: [Verb: String] {
        guard let obstacle = KernelClient.obstacle else { return [:] }
        return [.mount: obstacle, .unmount: obstacle]
    }

    func mount(_ call: VolumeCall, at target: String) async throws {
        let (export, mark) = try withVolume(call, "cannot be mounted", outcome: .final) { session, mark in
            _ = try session.volumeDirectory(mark)
            return (session.export, mark)
        }
        let source = MountArguments.source(export, mark.path)
        if let there = MountTable.current.mount(at: target) {
            guard there.source == source, there.type.hasPrefix("nfs") else {
                throw DriverError(
                    .failedPrecondition,
                    "\(there.source) (\(there.type)) is mounted at \(target) already, where \(source) was to be mounted; "
                        + "unmount it first",
                    field: "target", outcome: .final)
            }
            return
        }
        guard mkdir(target, 0o755) == 0 || errno == EEXIST else {
            throw DriverError(
                .failedPrecondition, "the directory \(target) cannot be made: \(String(cString: strerror(errno)))",
                field: "target", outcome: .final)
        }
        let options = MountArguments.options(
            export, mountOptions: call.volume.mountOptions, readOnly: call.request.readOnly || mark.isReadOnly)
        let deadline = call.request.timeout.map { ContinuousClock.now + $0 }
        let result = try await SystemProgram(KernelClient.program)
            .run([source, target, "-o", options], deadline: deadline)
        guard result.isSuccess else {
            throw DriverError(
                .unavailable,
                "\(source) could not be mounted at \(target) with the options \(options): \(KernelClient.program) ended "
                    + "with \(result.status): \(result.output.split(whereSeparator: \.isNewline).joined(separator: " "))"
            )
        }
    }

    func unmount(_ call: VolumeCall, from target: String) async throws {
        while let mount = MountTable.current.mount(at: target) {
            guard cfs_unmount(target) != 0, errno != EINVAL else { continue }
            let reason = String(cString: strerror(errno))
            throw DriverError(
                errno == EBUSY ? .failedPrecondition : .internal,
                "\(mount.source) cannot be unmounted from \(target): \(reason); end what uses it")
        }
    }
}

/// What mount.nfs(8) is told.
enum MountArguments {
    static func source(_ export: Export, _ path: VolumePath) -> String {
        // An IPv6 address in brackets, as mount.nfs wants it.
        let server = export.server.contains(":") ? "[\(export.server)]" : export.server
        return "\(server):\(export.path(of: path))"
    }

    /// The class's options; what they leave open is as the driver itself speaks to the server. A server that does not
    /// answer is not waited for longer than a call may take (`retry=0`): the host asks again.
    static func options(_ export: Export, mountOptions: [String], readOnly: Bool) -> String {
        var options = mountOptions.flatMap { $0.split(separator: ",").map(String.init) }.filter { !$0.isEmpty }
        let given = Set(options.map { String($0.prefix { $0 != "=" }) })
        if given.isDisjoint(with: ["vers", "nfsvers", "minorversion"]) {
            options.append("vers=\(export.version.rawValue)")
        }
        if let port = export.port, !given.contains("port") { options.append("port=\(port)") }
        if let port = export.mountPort, export.version == .three, !given.contains("mountport") {
            options.append("mountport=\(port)")
        }
        if !given.contains("retry") { options.append("retry=0") }
        if readOnly { options.append("ro") }
        return options.joined(separator: ",")
    }
}
