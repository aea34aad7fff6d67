/// What a directory tree takes on the server.
struct TreeCount {
    private(set) var bytes: Int64 = 0
    private(set) var files: Int64 = 0
    /// Files with several names, so that each counts once. Few are.
    private var linked: Set<UInt64> = []

    /// Counts the directory itself and all that is beneath it. Follows no symbolic link; in memory that grows with the
    /// tree's depth.
    init(of directory: FoundFile, _ service: any FileService) throws {
        add(directory.attributes)
        var pending = [(handle: directory.handle, position: DirectoryPosition.start)]
        while let (handle, position) = pending.popLast() {
            // It may have been removed since its name was read.
            guard let page = try service.readDirectoryIfThere(handle, from: position) else { continue }
            if !page.isLast { pending.append((handle, page.position)) }
            for entry in page.entries {
                var found: FoundFile?
                if let attributes = entry.attributes, attributes.type != .directory || entry.handle != nil {
                    found = FoundFile(handle: entry.handle ?? handle, attributes: attributes)
                } else {
                    found = try service.lookUp(entry.name, in: handle)
                }
                guard let found else { continue }
                add(found.attributes)
                if found.attributes.type == .directory { pending.append((found.handle, .start)) }
            }
        }
    }

    private mutating func add(_ attributes: FileAttributes) {
        if attributes.type != .directory, attributes.linkCount > 1, !linked.insert(attributes.fileID).inserted {
            return
        }
        files += 1
        // A server may say anything: 2^63 bytes is where counting ends.
        let (sum, overflow) = bytes.addingReportingOverflow(Int64(clamping: attributes.used))
        bytes = overflow ? .max : sum
    }
}
