import Glibc

/// poll(2)'s timeout for a duration: rounded up, so that a loop does not spin in the last millisecond, and never longer
/// than an hour, so that it fits.
func pollMilliseconds(_ duration: Duration) -> CInt {
    guard duration > .zero else { return 0 }
    guard duration < .seconds(3600) else { return 3_600_000 }
    let (seconds, attoseconds) = duration.components
    return CInt(seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
}

/// Reads what a non-blocking descriptor holds, up to 2 MiB, which is more than a pipe can hold.
///
/// - Parameter take: Gets each piece; returns whether it wants more.
/// - Returns: Whether more may come: `false` at the end of the stream and after a read error.
func readAvailable(_ descriptor: OwnedDescriptor, _ take: (UnsafeRawBufferPointer) -> Bool) -> Bool {
    withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
        for _ in 0..<32 {
            let count = read(descriptor.rawValue, buffer.baseAddress, buffer.count)
            if count > 0 {
                guard take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else { return true }
                if count < buffer.count { return true }  // empty now; poll tells when there is more
            } else if count == 0 {
                return false
            } else if errno == EAGAIN {
                return true
            } else if errno != EINTR {
                return false
            }
        }
        return true
    }
}
