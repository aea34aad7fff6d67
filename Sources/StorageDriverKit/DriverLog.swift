import DriverProtocol
import Glibc

/// Lines on standard error, each written at once so that calls side by side do not mix theirs.
enum DriverLog {
    static func write(_ message: String, _ request: DriverRequest) {
        write("[\(request.callID)] " + scrub(message, of: request.secrets))
    }

    static func write(_ message: String) {
        _ = FileOutput.write(Array((message + "\n").utf8), to: STDERR_FILENO)
    }

    /// The text without the values of these secrets: the last line of defence against an error message, perhaps of
    /// somebody else's tool, that quotes its input.
    static func scrub(_ text: String, of secrets: [String: String]) -> String {
        secrets.isEmpty ? text : SecretScrubber(secrets).scrub(text)
    }
}

/// Writing to a file descriptor to the end.
enum FileOutput {
    /// - Returns: 0, or the errno of write(2).
    static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            var written = 0
            while written < buffer.count {
                let count = Glibc.write(descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
                if count >= 0 {
                    written += count
                } else if errno == EAGAIN {
                    // The host gave a pipe that does not block.
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&ready, 1, -1)
                } else if errno != EINTR {
                    return errno
                }
            }
            return 0
        }
    }
}
