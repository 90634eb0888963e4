internal import Bytes

/// What the library is told when it asks for a passphrase, and whether it did: the only sure sign that a key is
/// encrypted, since a wrong passphrase fails in many ways.
struct Passphrase {
    private let text: Secret?
    fileprivate(set) var wasAsked = false

    init(_ text: Secret?) { self.text = text }

    /// - Returns: how many bytes were written, -1 when there is no passphrase or no room for it.
    fileprivate func copy(to space: UnsafeMutableRawBufferPointer) -> Int32 {
        guard let text, text.count <= space.count else { return -1 }
        unsafe text.withBytes { unsafe space.copyMemory(from: $0) }
        return Int32(text.count)
    }
}

typealias PassphraseCallback =
    @convention(c) (
        UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?
    ) -> Int32

/// Answers the library's question for a passphrase with what is in the `Passphrase` that the caller has passed on.
let givePassphrase: PassphraseCallback = { space, size, _, context in
    guard let passphrase = unsafe context?.assumingMemoryBound(to: Passphrase.self) else { return -1 }
    unsafe passphrase.pointee.wasAsked = true
    return unsafe passphrase.pointee.copy(
        to: UnsafeMutableRawBufferPointer(start: space, count: Int(max(size, 0))))
}

/// Answers the library's question for a passphrase with "none": its default would wait at a terminal.
let refusePassphrase: PassphraseCallback = { _, _, _, _ in -1 }
