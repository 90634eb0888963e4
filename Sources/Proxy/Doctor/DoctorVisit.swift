package import Configuration
internal import Libevent
internal import Synchronization

/// One run of `Doctor`, on the calling thread.
package enum DoctorVisit {
    /// Blocks until all is looked at.
    /// - Parameters:
    ///   - tokenFile: a file with a user's token.
    ///   - report: gets each finding as soon as there is one.
    /// - Throws: `StartFault` when the configuration names what cannot be used on this machine.
    package static func run(
        _ configuration: ProxyConfiguration, tokenFile: String?, report: @escaping @Sendable (Finding) -> Void
    ) throws(StartFault) -> Summary {
        UnixSignal.ignoreBrokenPipes()
        let summary = Mutex(Summary())
        let doctor = try Doctor(configuration) { finding in
            summary.withLock { $0.add(finding) }
            report(finding)
        }
        let loop = doctor.loop
        Task.detached(executorPreference: loop) {
            await doctor.examine(tokenFile)
            loop.stop()
        }
        loop.run()
        return summary.withLock { $0 }
    }
}
