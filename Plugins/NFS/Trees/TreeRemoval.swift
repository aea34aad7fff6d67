import DriverProtocol

/// Erases a directory tree that may be as deep and as large as a tenant liked to make it, and that others may still be
/// changing: many requests at a time, in memory that does not grow with the tree, and by handle, so that no symbolic
/// link is ever followed. What is gone stays gone: a later call begins where this one was stopped.
final class TreeRemoval {
    /// What lies deeper is first moved up to the top.
    private static let maximumDepth = 256
    /// Requests at a time.
    private static let window = 64
    /// Directories of one page that are remembered as not empty; the others turn up again.
    private static let rememberedDirectories = 64
    private static let pageBytes: UInt32 = 64 * 1024

    private struct Frame {
        var handle: FileHandle
        var name: EntryName
        /// Directories that are not empty.
        var pending: [EntryName] = []
        /// Whether the directory was made writable already.
        var isGranted = false
    }

    private let files: any FileService
    private var frames: [Frame] = []
    private var counter = 0
    private var removed: UInt64 = 0
    private var firstFailure: NFSError?

    private init(_ files: any FileService) { self.files = files }

    /// Erases `directory/name`; nothing to do where it is not there.
    ///
    /// - Returns: false when the budget was spent before all was gone.
    /// - Throws: ``NFSError`` `notEmpty` when somebody keeps putting things in; whatever the server objects to.
    static func erase(
        _ name: EntryName, in directory: FileHandle, _ files: any FileService, _ budget: WorkBudget
    ) throws -> Bool {
        let removal = TreeRemoval(files)
        while true {
            if try files.removeEmptyDirectory(name, in: directory) { return true }
            guard let found = try files.lookUp(name, in: directory) else { return true }
            guard found.attributes.type == .directory else {
                try files.removeFile(name, in: directory)
                return true
            }
            let before = removal.removed
            removal.frames = [Frame(handle: found.handle, name: name)]
            guard try removal.work(budget) else { return false }
            if try files.removeEmptyDirectory(name, in: directory) { return true }
            // Something was put in meanwhile. Only while something is removed is there hope.
            guard removal.removed > before else {
                throw NFSError(operation: "RMDIR", subject: "\(name)", cause: .status(.notEmpty))
            }
        }
    }

    /// Empties the first frame's directory.
    private func work(_ budget: WorkBudget) throws -> Bool {
        while let frame = frames.last {
            if budget.isSpent { return false }
            let position = frames.count - 1
            if let child = frames[position].pending.popLast() {
                try descend(to: child, in: frame.handle)
                continue
            }
            let page = try files.readDirectory(frame.handle, from: .start, byteLimit: Self.pageBytes)
            if page.entries.isEmpty, page.isLast {
                frames.removeLast()
                guard let parent = frames.last else { return true }
                // Where it is not empty by now, the parent's next page shows it again.
                if try files.removeEmptyDirectory(frame.name, in: parent.handle) { removed += 1 }
                continue
            }
            try remove(page, at: position)
        }
        return true
    }

    private func descend(to name: EntryName, in directory: FileHandle) throws {
        guard let found = try files.lookUp(name, in: directory) else { return }
        guard found.attributes.type == .directory else {
            try files.removeFile(name, in: directory)
            removed += 1
            return
        }
        if frames.count < Self.maximumDepth {
            frames.append(Frame(handle: found.handle, name: name))
        } else {
            try moveUp(name, from: directory)
        }
    }

    private func moveUp(_ name: EntryName, from directory: FileHandle) throws {
        guard let top = frames.first else { return }
        while true {
            counter += 1
            let free = EntryName(".berth-\(counter)")
            // Not to replace what a tenant has there, even if that would be erased as well: it may have content.
            if try files.lookUp(free, in: top.handle) != nil { continue }
            try files.rename(name, in: directory, to: free, in: top.handle)
            removed += 1
            return
        }
    }

    /// Removes what a page shows, except for directories with content, which are remembered.
    private func remove(_ page: DirectoryPage, at position: Int) throws {
        let directory = frames[position].handle
        let before = removed
        firstFailure = nil
        for entry in page.entries {
            let name = entry.name
            let isDirectory =
                try entry.attributes.map { $0.type == .directory } ?? self.isDirectory(name, in: directory)
            try files.connection.run { files.connection.inFlight >= Self.window }
            if isDirectory {
                try files.removeDirectory(name, in: directory) { [self] in note($0, name, at: position) }
            } else {
                try files.removeFile(name, in: directory) { [self] in note($0, name, at: position) }
            }
        }
        try files.connection.run { files.connection.inFlight > 0 }
        guard removed == before, frames[position].pending.isEmpty else { return }
        guard let firstFailure else { return }
        // A directory that its owner made read-only, where we are that owner.
        if firstFailure.status == .access || firstFailure.status == .notPermitted, !frames[position].isGranted {
            frames[position].isGranted = true
            do {
                return try files.setAttributes(directory, AttributeChange(mode: 0o700))
            } catch let error as NFSError where error.status == .access || error.status == .notPermitted {}
        }
        throw firstFailure
    }

    private func note(_ result: Result<Void, NFSError>, _ name: EntryName, at position: Int) {
        switch result {
        case .success: removed += 1
        case .failure(let error):
            switch error.status {
            case .noEntry: removed += 1
            case .notEmpty, .exists, .isDirectory:
                if frames[position].pending.count < Self.rememberedDirectories { frames[position].pending.append(name) }
            default: firstFailure = firstFailure ?? error
            }
        }
    }

    private func isDirectory(_ name: EntryName, in directory: FileHandle) throws -> Bool {
        try files.lookUp(name, in: directory)?.attributes.type == .directory
    }
}
