internal import Glibc

/// The `process_*` metrics, by Prometheus's conventional names, read from procfs.
struct ProcessFigures {
    /// User and system time of all threads.
    var cpuSeconds: Double
    var residentBytes: Int
    var openDescriptors: Int
    /// How many may be.
    var mostDescriptors: UInt64

    static func read() -> ProcessFigures {
        ProcessFigures(
            cpuSeconds: Double(EventClock.processNanoseconds) / 1e9,
            residentBytes: residentPages * sysconf(Int32(_SC_PAGESIZE)), openDescriptors: descriptors,
            mostDescriptors: limit)
    }

    /// The second number of `/proc/self/statm`.
    private static var residentPages: Int {
        guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
        defer { unsafe _ = fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard unsafe fgets(&line, 128, file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let numbers = text.split(separator: " ")
        return numbers.count > 1 ? Int(numbers[1]) ?? 0 : 0
    }

    private static var limit: UInt64 {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return UInt64(limit.rlim_cur)
    }

    private static var descriptors: Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe _ = closedir(directory) }
        var count = -3  // `.`, `..` and the directory itself
        while unsafe readdir(directory) != nil { count += 1 }
        return count
    }
}

private enum EventClock {
    static var processNanoseconds: UInt64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec)
    }
}
