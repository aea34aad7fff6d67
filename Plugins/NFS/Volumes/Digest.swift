/// 64 bits of FNV-1a over texts, each with its length: to tell what differs, not to withstand somebody who looks for two
/// that look the same.
struct Digest {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ text: String) {
        for byte in "\(text.utf8.count):\(text)".utf8 { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }
}
