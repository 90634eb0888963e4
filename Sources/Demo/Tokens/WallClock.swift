internal import Glibc

/// Seconds since 1970, as tokens count them (RFC 7519 §2).
enum WallClock {
    static var seconds: Int64 {
        var now = timespec()
        unsafe clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec)
    }
}
