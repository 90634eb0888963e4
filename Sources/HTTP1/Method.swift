/// A request method (RFC 9110 §9), case-sensitive. Everything unknown is `other`; its bytes are in
/// `RequestHead.methodRange`.
package enum Method: UInt8, Sendable, CaseIterable {
    case get, head, post, put, delete, options, connect, trace, patch, other

    /// - Parameter word: the method's bytes, first byte lowest, zero above them.
    @inline(__always)
    init(word: UInt64, count: Int) {
        guard count <= 7 else {
            self = .other
            return
        }
        self =
            switch word {
            case 0x54_53_4F_50: .post
            case 0x54_45_47: .get
            case 0x45_54_45_4C_45_44: .delete
            case 0x53_4E_4F_49_54_50_4F: .options
            case 0x44_41_45_48: .head
            case 0x54_55_50: .put
            case 0x48_43_54_41_50: .patch
            case 0x54_43_45_4E_4E_4F_43: .connect
            case 0x45_43_41_52_54: .trace
            default: .other
            }
    }
}
