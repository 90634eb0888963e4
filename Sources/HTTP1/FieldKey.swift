/// A field name of up to 24 bytes as three words in lower case.
///
/// Setting bit 5 of every byte makes capitals small and leaves digits and `-` alone; of all token bytes only
/// those can become what a known name holds, so that equal keys mean equal names.
struct FieldKey: Equatable, Sendable {
    var first: UInt64 = 0
    var middle: UInt64 = 0
    var last: UInt64 = 0
    var count: Int = 0

    /// The key of nothing.
    init() {}

    @inline(__always)
    init(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) {
        self.count = count
        guard count >= 8 else {
            first = FieldKey.lower(bytes.word(at: start, count: count)) & ((1 &<< UInt64(count &* 8)) &- 1)
            return
        }
        first = FieldKey.lower(bytes.word(at: start))
        last = FieldKey.lower(bytes.word(at: start &+ count &- 8))
        if count > 16 { middle = FieldKey.lower(bytes.word(at: start &+ 8)) }
    }

    @inline(__always)
    static func lower(_ word: UInt64) -> UInt64 { word | 0x2020_2020_2020_2020 }

    /// Where in a table of 256 the search begins.
    @inline(__always)
    var slot: Int {
        let mixed = (first ^ (last &<< 7 | last &>> 57) ^ UInt64(count)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: mixed &>> 56)
    }

    @inline(__always)
    static func == (a: FieldKey, b: FieldKey) -> Bool {
        a.first == b.first && a.last == b.last && a.count == b.count && a.middle == b.middle
    }
}
