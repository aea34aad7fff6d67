import Foundation
import JSONTree
import Synchronization

/// The simulated clouds' time: real time, made faster or slower from the moment at which the simulator began.
///
/// What takes its time in the cloud, as the state `creating`, is not driven by timers: a resource holds the moment at
/// which it began, and what state it is in follows from the time at which somebody looks. So it goes on over a restart,
/// and time never goes back over one: the line that it runs on is kept in a file.
final class SimulatorClock: Sendable {
    /// Milliseconds since 1970 in UTC.
    typealias Milliseconds = Int64

    /// The end of the year 9999: time stands still there, and sums of times stay far from overflowing.
    private static let last: Milliseconds = 253_402_300_799_999

    /// At the real time `real` it was `time`.
    private struct Line {
        var time: Milliseconds
        var real: Milliseconds
        var speed: Double

        func time(at now: Milliseconds) -> Milliseconds {
            // The machine's own clock may have been set back over a restart.
            min(
                time + min(Int64(saturating: Double(max(0, now - real)) * speed), SimulatorClock.last),
                SimulatorClock.last)
        }
    }

    private let line: Mutex<Line>
    private let path: String?
    /// Real time that no setting of the machine's clock changes.
    private let start = ContinuousClock.now
    private let startTime: Milliseconds

    /// - Parameter speed: 60 lets a minute of the clouds' pass in a second; at 0 time stands still until it is advanced.
    init(speed: Double = 1, startTime: Milliseconds = Int64(Date().timeIntervalSince1970 * 1000)) {
        self.startTime = startTime
        line = Mutex(Line(time: startTime, real: startTime, speed: speed))
        path = nil
    }

    /// Goes on where the clock of this file stopped.
    ///
    /// - Throws: When the file is there and cannot be read, or cannot be written.
    init(speed: Double, file path: String) throws {
        startTime = Int64(Date().timeIntervalSince1970 * 1000)
        var line = Line(time: startTime, real: startTime, speed: speed)
        if FileManager.default.fileExists(atPath: path) {
            let json = try JSONParser.parse(try Data(contentsOf: URL(fileURLWithPath: path)))
            guard let time = json["time"]?.integerValue, let real = json["real"]?.integerValue,
                let earlierSpeed = json["speed"]?.doubleValue
            else {
                throw SettingsError("\(path) holds no clock: remove it, and the clouds' time is the machine's again")
            }
            let earlier = Line(
                time: min(max(time, 0), Self.last), real: min(max(real, 0), Self.last), speed: earlierSpeed)
            line.time = max(earlier.time(at: startTime), earlier.time)
        }
        self.line = Mutex(line)
        self.path = path
        try save(line)
    }

    var now: Milliseconds { line.withLock { $0.time(at: realNow) } }

    /// Moves time on.
    ///
    /// - Throws: When the clock's file cannot be written; time has moved on all the same.
    func advance(by duration: Duration) throws {
        let line = line.withLock { line in
            let (seconds, attoseconds) = duration.components
            let now = realNow
            line = Line(
                time: min(line.time(at: now) + seconds * 1000 + attoseconds / 1_000_000_000_000_000, Self.last),
                real: now, speed: line.speed)
            return line
        }
        try save(line)
    }

    private var realNow: Milliseconds {
        let (seconds, attoseconds) = start.duration(to: .now).components
        return startTime + seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    private func save(_ line: Line) throws {
        guard let path else { return }
        let json: JSONValue = [
            "time": .integer(line.time), "real": .integer(line.real), "speed": .number("\(line.speed)"),
        ]
        try Data(json.encoded).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    /// `2026-11-25T18:00:00.123Z` (RFC 3339, in UTC).
    static func text(_ time: Milliseconds) -> String {
        let style = Date.ISO8601FormatStyle.iso8601.year().month().day().time(includingFractionalSeconds: true)
        return Date(timeIntervalSince1970: Double(time) / 1000).formatted(style.timeZone(separator: .omitted))
    }
}
