import JSONTree
import Testing

@Suite("The line of an offset")
struct LineStartsTests {
    @Test(
        "is counted from 1, and a line feed belongs to the line that it ends",
        arguments: ["", "a", "\n", "\n\n", "ab\nc", "ab\n\nc\n", "\na\n\n\nbcd"])
    func counting(text: String) {
        let bytes = Array(text.utf8)
        let starts = LineStarts(bytes)
        for offset in 0...bytes.count {
            let lines = bytes[..<offset].split(separator: 0x0A, omittingEmptySubsequences: false)
            let expected = (lines.count, (lines.last?.count ?? 0) + 1)
            #expect(starts.place(of: offset) == expected, "\(text.debugDescription), \(offset)")
        }
    }

    @Test("of one outside of the text is the nearest's")
    func outside() {
        let starts = LineStarts(Array("ab\nc".utf8))
        #expect(starts.place(of: -1) == (1, 1))
        #expect(starts.place(of: .max) == (2, 2))
        #expect(starts.place(of: .min) == (1, 1))
    }
}
