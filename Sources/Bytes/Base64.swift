extension ByteBuffer {
    /// Appends base64 with the standard alphabet and padding (RFC 4648 §4).
    package func appendBase64(_ bytes: Span<UInt8>) {
        var place = 0
        while place < bytes.count {
            let taken = min(3, bytes.count &- place)
            var group: UInt32 = 0
            for i in 0..<3 { group = group << 8 | (i < taken ? UInt32(bytes[place &+ i]) : 0) }
            for i in 0..<4 {
                let digit = UInt8(truncatingIfNeeded: group >> UInt32(18 &- 6 &* i) & 63)
                append(byte: i <= taken ? digit.base64Digit : UInt8(ascii: "="))
            }
            place &+= taken
        }
    }
}

extension UInt8 {
    fileprivate var base64Digit: UInt8 {
        switch self {
        case 0..<26: self &+ 65
        case 26..<52: self &+ 71
        case 52..<62: self &- 4
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
