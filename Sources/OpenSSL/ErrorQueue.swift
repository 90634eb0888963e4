internal import COpenSSL

/// OpenSSL's per-thread list of errors. Every call whose failure is looked at runs between `clear` and a
/// drain: a stale entry of another connection on this thread must never be read as this one's.
enum ErrorQueue {
    /// Forgets what earlier calls left.
    @inline(__always)
    static func clear() { ERR_clear_error() }

    /// The newest error, 0 when there is none; all are dropped.
    @discardableResult
    static func drain() -> UInt {
        let code = ERR_peek_last_error()
        ERR_clear_error()
        return code
    }

    /// Whether the newest error is this reason of this part of the library; drops nothing.
    static func newestIs(_ reason: Int32, of library: Int32) -> Bool {
        let code = ERR_peek_last_error()
        return ERR_GET_LIB(code) == library && ERR_GET_REASON(code) == reason
    }

    /// Whether one of the errors is what is looked for; drops everything.
    static func drainLooking(for isIt: (_ library: Int32, _ reason: Int32) -> Bool) -> Bool {
        var found = false
        while true {
            let code = ERR_get_error()
            if code == 0 { return found }
            found = found || isIt(ERR_GET_LIB(code), ERR_GET_REASON(code))
        }
    }

    /// The library's reason number inside an error code.
    static func reason(of code: UInt) -> Int32 { ERR_GET_REASON(code) }

    /// The part of the library an error code comes from.
    static func library(of code: UInt) -> Int32 { ERR_GET_LIB(code) }

    /// OpenSSL's own fixed words for an error code. They hold no input.
    static func text(of code: UInt) -> String {
        guard let text = unsafe ERR_reason_error_string(code) else { return "unknown reason" }
        return unsafe String(cString: text)
    }
}
