import DriverProtocol

/// Copies a directory tree within a share: content, modes, owners, modification times, symbolic links and holes. As
/// consistent as reading the tree file by file is. Devices, sockets and named pipes are left out; a file with several
/// names becomes several files.
///
/// Can be stopped anywhere, and goes on where it was: what is complete has its original's modification time.
final class TreeCopy {
    /// Files at a time.
    private static let window = 16
    private static let pageBytes: UInt32 = 32 * 1024

    private enum Step {
        /// `isResumed`: an earlier call was here already.
        case list(source: FileHandle, target: FileHandle, position: DirectoryPosition, isResumed: Bool)
        /// When everything beneath is there.
        case finish(target: FileHandle, FileAttributes)
    }

    private let files: any FileService
    private let budget: WorkBudget
    private var steps: [Step] = []
    private var active = 0
    private var hasPaused = false
    private var failure: NFSError?
    private(set) var copiedFiles = 0
    private(set) var leftOut = 0

    init(_ files: any FileService, _ budget: WorkBudget) {
        self.files = files
        self.budget = budget
    }

    /// - Parameter target: A directory, empty or with a part of the copy in it.
    /// - Returns: false when the budget was spent before all was copied.
    func copy(_ source: FoundFile, to target: FileHandle, isResumed: Bool) throws -> Bool {
        steps = [
            .finish(target: target, source.attributes),
            .list(source: source.handle, target: target, position: .start, isResumed: isResumed),
        ]
        while let step = steps.popLast() {
            switch step {
            case .list(let source, let target, let position, let isResumed):
                try copyPage(of: source, to: target, from: position, isResumed)
            case .finish(let target, let attributes):
                try files.setAttributes(target, AttributeChange(uid: attributes.uid, gid: attributes.gid))
                try files.setAttributes(
                    target, AttributeChange(mode: attributes.mode, modified: attributes.modified))
            }
            if hasPaused || isSpent && !steps.isEmpty { return false }
        }
        return true
    }

    /// Finding what earlier calls copied takes time too: each call copies something, or there would be no end to it.
    private var isSpent: Bool { copiedFiles > 0 && budget.isSpent }

    private func copyPage(
        of source: FileHandle, to target: FileHandle, from position: DirectoryPosition, _ isResumed: Bool
    ) throws {
        let page = try files.readDirectory(source, from: position, byteLimit: Self.pageBytes)
        if !page.isLast {
            steps.append(.list(source: source, target: target, position: page.position, isResumed: isResumed))
        }
        for entry in page.entries {
            var found: FoundFile?
            if let handle = entry.handle, let attributes = entry.attributes {
                found = FoundFile(handle: handle, attributes: attributes)
            } else {
                found = try files.lookUp(entry.name, in: source)
            }
            guard let found else { continue }
            switch found.attributes.type {
            case .directory: try enter(found, entry.name, in: target)
            case .symbolicLink: try copyLink(found, entry.name, in: target)
            case .special: leftOut += 1
            case .regular: try copyFile(found, entry.name, in: target, mayExist: isResumed)
            }
            if hasPaused || isSpent {
                hasPaused = true
                break
            }
        }
        try files.connection.run { active > 0 && failure == nil }
        if let failure { throw failure }
    }

    private func enter(_ source: FoundFile, _ name: EntryName, in target: FileHandle) throws {
        var made = try files.makeDirectory(name, in: target, AttributeChange(mode: 0o700))
        let isResumed = made == nil
        if isResumed {
            made = try files.lookUp(name, in: target)
            // Finished by an earlier call.
            if made?.attributes.modified == source.attributes.modified { return }
        }
        guard let made else { throw NFSError(operation: "MKDIR", subject: "\(name)", cause: .status(.stale)) }
        steps.append(.finish(target: made.handle, source.attributes))
        steps.append(.list(source: source.handle, target: made.handle, position: .start, isResumed: isResumed))
    }

    private func copyLink(_ source: FoundFile, _ name: EntryName, in target: FileHandle) throws {
        let text = try files.readLink(source.handle)
        guard try files.makeSymbolicLink(name, in: target, to: text), let made = try files.lookUp(name, in: target)
        else { return }
        copiedFiles += 1
        let original = source.attributes
        guard made.attributes.uid != original.uid || made.attributes.gid != original.gid else { return }
        do {
            try files.setAttributes(made.handle, AttributeChange(uid: original.uid, gid: original.gid))
        } catch let error as NFSError where error.status == .notSupported || error.status == .invalid {
            // Some servers keep no owner for a link.
        }
    }

    private func copyFile(
        _ source: FoundFile, _ name: EntryName, in target: FileHandle, mayExist: Bool
    ) throws {
        try files.connection.run { active >= Self.window && failure == nil }
        if let failure { throw failure }
        active += 1
        FileCopy(source, to: name, in: target, files, mayExist: mayExist) { [budget] in
            budget.isSpent
        } completion: { [self] result in
            active -= 1
            switch result {
            case .success(.paused): hasPaused = true
            case .success(.copied): copiedFiles += 1
            case .success(.wasThere): break
            // Removed since its name was read.
            case .failure(let error) where error.status == .stale: break
            case .failure(let error): failure = failure ?? error
            }
        }.start()
    }
}
