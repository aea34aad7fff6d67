import Synchronization

/// Names one call, for the driver's log, the host's records and a claim's events.
enum CallID {
    private static let counter = Atomic<UInt32>(UInt32.random(in: 0...UInt32.max))

    /// Sorts by time, and does not come twice, not even from two hosts: `c-0192f3a4b5c6-1a2b3c4d`.
    static func next() -> String {
        // Weyl's sequence: each step visits a new one of all 2^32 values, and neighbours look different.
        let number = counter.wrappingAdd(0x9E37_79B9, ordering: .relaxed).newValue
        let time = UInt64(WallClock.now.milliseconds)
        return String(unsafeUninitializedCapacity: 23) { buffer in
            buffer[0] = UInt8(ascii: "c")
            buffer[1] = UInt8(ascii: "-")
            write(time, digits: 12, into: buffer, at: 2)
            buffer[14] = UInt8(ascii: "-")
            write(UInt64(number), digits: 8, into: buffer, at: 15)
            return 23
        }
    }

    private static func write(
        _ number: UInt64, digits: Int, into buffer: UnsafeMutableBufferPointer<UInt8>, at position: Int
    ) {
        var rest = number
        for offset in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest & 0xF)
            buffer[position + offset] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            rest >>= 4
        }
    }
}
