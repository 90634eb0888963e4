internal import Glibc

extension EventLoop {
    /// Runs the loop on a thread of its own, until `stop()`.
    /// - Throws: the system's error when no thread can be had.
    package func start() throws(SystemError) {
        var thread = pthread_t()
        // Released by the thread's first statement, which takes the reference over.
        let me = unsafe Unmanaged.passRetained(self).toOpaque()
        let status = unsafe pthread_create(&thread, nil, loopThread, me)
        guard status == 0 else {
            unsafe Unmanaged<EventLoop>.fromOpaque(me).release()
            throw SystemError(status)
        }
        pthread_detach(thread)
    }
}

private func loopThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context = unsafe context {
        unsafe Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue().run()
    }
    return nil
}
