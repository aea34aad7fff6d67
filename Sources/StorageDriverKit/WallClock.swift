import DriverProtocol
import Glibc

enum WallClock {
    static var now: RFC3339Time {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return RFC3339Time(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }
}
