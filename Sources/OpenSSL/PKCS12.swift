internal import Bytes
internal import COpenSSL

/// The content of a PKCS #12 file (RFC 7292), which Windows and Azure call PFX.
struct PKCS12 {
    private(set) var certificates: [Certificate] = []
    private(set) var key: PrivateKey?

    /// - Returns: nil for what is no PKCS #12 at all.
    /// - Throws: `.passwordNeeded`, `.wrongPassword`, `.unsupportedEncryption`, `.unusableKey`, `.noCertificate`.
    init?(_ bytes: Secret, password: Secret?) throws(CertifiedKeyFault) {
        ErrorQueue.clear()
        defer { ErrorQueue.drain() }
        guard let store = unsafe Self.read(bytes) else { return nil }
        defer { unsafe PKCS12_free(store) }
        var parts = Parts()
        let isOpen = unsafe Self.open(store, password, &parts)
        defer { parts.free() }
        guard isOpen else { throw Self.fault(hasPassword: password != nil) }
        do throws(KeyFault) {
            certificates = try parts.takeCertificates()
            key = try parts.takeKey()
        } catch { throw .unusableKey }
    }

    private static func read(_ bytes: Secret) -> OpaquePointer? {
        unsafe bytes.withBytes { bytes in
            guard let count = Int32(exactly: bytes.count), let input = unsafe BIO_new_mem_buf(bytes.baseAddress, count)
            else { return nil }
            defer { unsafe BIO_free(input) }
            return unsafe d2i_PKCS12_bio(input, nil)
        }
    }

    /// Without a password the library tries both of the ways to write that there is none.
    private static func open(_ store: OpaquePointer, _ password: Secret?, _ parts: inout Parts) -> Bool {
        guard let password else {
            return unsafe PKCS12_parse(store, nil, &parts.key, &parts.leaf, &parts.others) == 1
        }
        var text = [CChar](repeating: 0, count: password.count &+ 1)
        unsafe text.withUnsafeMutableBytes { space in
            unsafe password.withBytes { unsafe space.copyMemory(from: $0) }
        }
        defer { unsafe text.withUnsafeMutableBytes { unsafe OPENSSL_cleanse($0.baseAddress, $0.count) } }
        return unsafe PKCS12_parse(store, text, &parts.key, &parts.leaf, &parts.others) == 1
    }

    private static func fault(hasPassword: Bool) -> CertifiedKeyFault {
        let isWrong = ErrorQueue.drainLooking { library, reason in
            library == ERR_LIB_PKCS12 && reason == PKCS12_R_MAC_VERIFY_FAILURE
        }
        guard isWrong else { return .unsupportedEncryption }
        return hasPassword ? .wrongPassword : .passwordNeeded
    }
}

/// What the library takes out of a store, ours to free.
///
/// `@safe`: each pointer is either nil or owned here, and is set to nil when it is freed or handed on.
@safe
private struct Parts {
    var key: OpaquePointer?
    var leaf: OpaquePointer?
    var others: OpaquePointer?

    /// The leaf first, which is the key's.
    mutating func takeCertificates() throws(KeyFault) -> [Certificate] {
        var found: [Certificate] = []
        if let leaf = unsafe leaf { found.append(unsafe try Certificate(copying: leaf)) }
        for i in 0..<max(unsafe OPENSSL_sk_num(others), 0) {
            guard let raw = unsafe OPENSSL_sk_value(others, i) else { continue }
            found.append(unsafe try Certificate(copying: OpaquePointer(raw)))
        }
        return found
    }

    mutating func takeKey() throws(KeyFault) -> PrivateKey? {
        guard let taken = unsafe key else { return nil }
        unsafe key = nil
        return unsafe try PrivateKey(adopting: taken)
    }

    mutating func free() {
        unsafe EVP_PKEY_free(key)
        unsafe X509_free(leaf)
        while let raw = unsafe OPENSSL_sk_pop(others) { unsafe X509_free(OpaquePointer(raw)) }
        unsafe OPENSSL_sk_free(others)
        unsafe (key, leaf, others) = (nil, nil, nil)
    }
}
