/// Memory for a request's arguments, which libnfs copies when the request is queued: lives as long as this does.
final class ArgumentArena {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit { for block in blocks { block.deallocate() } }

    /// `nil` for nothing, as libnfs wants it.
    func copy<Element>(_ elements: some Collection<Element>) -> UnsafeMutablePointer<Element>? {
        guard !elements.isEmpty else { return nil }
        let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count)
        _ = copy.initialize(fromContentsOf: elements)
        if let base = copy.baseAddress { blocks.append(UnsafeMutableRawPointer(base)) }
        return copy.baseAddress
    }
}
