internal import Glibc

/// An `errno` value with the system's name for it.
package struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The number, as in `errno.h`.
    package let code: Int32

    /// - Parameter code: an `errno` number.
    package init(_ code: Int32) { self.code = code }

    /// The calling thread's `errno`.
    package static var current: SystemError { SystemError(errno) }

    /// The system's short text, such as "Connection refused".
    package var description: String { unsafe String(cString: strerror(code)) }

    /// Nothing ready now.
    package var isWouldBlock: Bool { code == EAGAIN || code == EWOULDBLOCK }
    /// No descriptor left, in the process or the system.
    package var isDescriptorExhaustion: Bool { code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM }
}
