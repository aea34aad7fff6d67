/// Where the lines of a text begin. Finding an offset's line takes a few steps, also for each value of a long text.
public struct LineStarts: Sendable {
    /// The offset behind each line feed.
    private let starts: [Int]
    private let end: Int

    public init(_ bytes: [UInt8]) {
        var starts = [0]
        for (offset, byte) in bytes.enumerated() where byte == 0x0A { starts.append(offset + 1) }
        self.starts = starts
        end = bytes.count
    }

    /// - Parameter offset: In bytes. One that is not in the text counts as its nearest.
    /// - Returns: Line and column, in bytes, both counted from 1.
    public func place(of offset: Int) -> (line: Int, column: Int) {
        let offset = max(0, min(offset, end))
        // The last that begins at or before the offset; the first line begins at 0.
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if starts[middle] <= offset { low = middle } else { high = middle }
        }
        return (low + 1, offset - starts[low] + 1)
    }
}
