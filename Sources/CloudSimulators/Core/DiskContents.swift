import Foundation

/// The bytes of simulated disks and snapshots: sparse files, and loop devices for those that are attached to this
/// machine.
///
/// Contents are called by the cloud's own ids (`vol-0123…`, a disk's name); a service makes them before it commits the
/// resource, and removes them after it has committed the removal. Which content has which device is asked of the kernel,
/// so that it is known after a restart. Files are copied by `cp`, and devices made by `losetup`: every Debian has both
/// (coreutils and util-linux are essential), and they know of reflinks and of missing device nodes.
///
/// One step at a time: a content is never copied while it is resized.
actor DiskContents {
    private let files: String
    private let devices: String
    private let turns = SerialTurns()

    /// - Parameters:
    ///   - directory: Where the files lie.
    ///   - devices: Where the links lie, as udev's below `/dev/disk`.
    init(directory: String, devices: String) throws {
        files = directory
        self.devices = devices
        for path in [files, devices] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
    }

    /// Makes a content of `bytes` bytes, all zero or, as far as it reaches, a copy of another's.
    ///
    /// What is there already under the id stays, so that a call may be repeated.
    func create(_ id: String, bytes: Int64, from source: String? = nil) async throws {
        try await inTurn {
            let path = path(id)
            guard !FileManager.default.fileExists(atPath: path) else { return }
            // Complete or not there at all, whenever this process ends. No id has a tilde.
            let new = path + "~"
            if let source {
                guard FileManager.default.fileExists(atPath: self.path(source)) else {
                    throw DiskContentFailure("\(id) cannot be made from \(source), which has no content")
                }
                try await SystemCommand.run("cp", ["--sparse=always", "--reflink=auto", "--", self.path(source), new])
            } else {
                try Data().write(to: URL(fileURLWithPath: new))
            }
            try truncate(new, to: bytes)
            guard rename(new, path) == 0 else { throw DiskContentFailure("\(path) cannot be made: errno \(errno)") }
        }
    }

    /// Gives the content, and its device when it is attached, this size.
    func resize(_ id: String, bytes: Int64) async throws {
        try await inTurn {
            try truncate(path(id), to: bytes)
            for device in try await devices(of: id) {
                try await SystemCommand.run("losetup", ["--set-capacity", device])
            }
        }
    }

    /// Removes the content, and first its device. Succeeds when there is none.
    func remove(_ id: String) async throws {
        try await inTurn {
            try await takeAway(id)
            guard unlink(path(id)) == 0 || errno == ENOENT else {
                throw DiskContentFailure("\(path(id)) cannot be removed: errno \(errno)")
            }
        }
    }

    /// Gives the content a block device of this machine, with symbolic links to it below the `devices` directory.
    ///
    /// - Parameter links: Relative paths, as udev's below `/dev/disk`: `by-id/google-data`.
    /// - Returns: The device: `/dev/loop3`.
    func attach(_ id: String, links: [String]) async throws -> String {
        try await inTurn {
            let device: String
            if let there = try await devices(of: id).first {
                device = there
            } else {
                device = try await SystemCommand.run("losetup", ["--find", "--show", path(id)])
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            }
            for link in links { try place(link, to: device) }
            return device
        }
    }

    /// Takes device and links away. Succeeds when there are none.
    func detach(_ id: String) async throws {
        try await inTurn { try await takeAway(id) }
    }

    private func takeAway(_ id: String) async throws {
        for device in try await devices(of: id) {
            removeLinks(to: device)
            // A device that is still mounted goes when it is unmounted last, as a disk pulled from a machine would not.
            try await SystemCommand.run("losetup", ["--detach", device])
        }
    }

    /// Ids hold nothing that means something in a path, save slashes in Azure's.
    private func path(_ id: String) -> String { files + "/" + PercentEncoding.encoded(id) }

    private func devices(of id: String) async throws -> [String] {
        guard FileManager.default.fileExists(atPath: path(id)) else { return [] }
        let output = try await SystemCommand.run(
            "losetup", ["--associated", path(id), "--noheadings", "--output", "NAME"])
        return output.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private func truncate(_ path: String, to bytes: Int64) throws {
        guard Glibc.truncate(path, Int(bytes)) == 0 else {
            throw DiskContentFailure("\(path) cannot be given \(bytes) bytes: \(String(cString: strerror(errno)))")
        }
    }

    /// At once in the place of one that was left.
    private func place(_ link: String, to device: String) throws {
        let path = devices + "/" + link
        let parent = path[..<(path.lastIndex(of: "/") ?? path.endIndex)]
        try FileManager.default.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
        let new = path + "~"
        unlink(new)
        guard symlink(device, new) == 0, rename(new, path) == 0 else {
            throw DiskContentFailure("the link \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    private func removeLinks(to device: String) {
        for case let entry as String in FileManager.default.enumerator(atPath: devices) ?? .init() {
            let path = devices + "/" + entry
            if (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) == device { unlink(path) }
        }
    }

    private func inTurn<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        await turns.begin()
        do {
            let result = try await body()
            await turns.end()
            return result
        } catch {
            await turns.end()
            throw error
        }
    }
}

/// What kept a disk's bytes from being made or changed.
struct DiskContentFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
