/// Cuts a stream into lines.
struct LineBuffer {
    private let maximumLineBytes: Int
    private var bytes: [UInt8] = []
    /// How much of `bytes` is known to hold no newline.
    private var searched = 0

    init(maximumLineBytes: Int) {
        self.maximumLineBytes = maximumLineBytes
    }

    /// Whether the line that is not complete yet is longer than any may be.
    var isOverlong: Bool { bytes.count > maximumLineBytes }
    /// The beginning of that line.
    var rest: ArraySlice<UInt8> { bytes.prefix(4096) }

    /// - Returns: The lines that are complete now, without their newlines.
    mutating func append(_ piece: UnsafeRawBufferPointer) -> [[UInt8]] {
        bytes.append(contentsOf: piece)
        var lines: [[UInt8]] = []
        var start = 0
        while let end = bytes[searched...].firstIndex(of: 0x0A) {
            lines.append(Array(bytes[start..<end]))
            start = end + 1
            searched = start
        }
        bytes.removeFirst(start)
        searched = bytes.count
        return lines
    }
}
