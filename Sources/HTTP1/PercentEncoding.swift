/// RFC 3986 §2.1.
package enum PercentEncoding {
    /// The bytes with each `%` and its two digits replaced by what they stand for; nil where there are none.
    package static func decoded(_ text: Span<UInt8>) -> [UInt8]? {
        var result: [UInt8]?
        var i = 0
        while i < text.count {
            let byte = text[i]
            if byte == 0x25, i &+ 2 < text.count, let high = Octet.hexadecimal(text[i &+ 1]),
                let low = Octet.hexadecimal(text[i &+ 2])
            {
                if result == nil { result = (0..<i).map { text[$0] } }
                result?.append(UInt8(truncatingIfNeeded: high &<< 4 | low))
                i &+= 3
            } else {
                result?.append(byte)
                i &+= 1
            }
        }
        return result
    }
}
