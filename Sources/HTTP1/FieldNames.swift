/// Finds a field's `FieldID` by its name: an open-addressed table over the name's bytes in lower case, made
/// once from `FieldPolicy.table`. A lookup allocates nothing and makes no `String`.
struct FieldNames: Sendable {
    static let known = FieldNames()

    /// Names in the table are at most this long, so that three words hold any of them.
    static let longest = 24

    private var slots: ContiguousArray<Slot>

    private struct Slot {
        var key: FieldKey
        var id: FieldID
    }

    private init() {
        slots = ContiguousArray(repeating: Slot(key: FieldKey(), id: .other), count: 256)
        for row in FieldPolicy.table where !row.id.isFamily {
            let name = ContiguousArray(row.name.utf8)
            let key = FieldKey(name.span, 0, name.count)
            var slot = key.slot
            while slots[slot].key.count != 0 { slot = (slot &+ 1) & 255 }
            slots[slot] = Slot(key: key, id: row.id)
        }
    }

    /// The field whose name lies in `bytes` at `start`; the name is a token.
    @inline(__always)
    func id(in bytes: Span<UInt8>, at start: Int, count: Int) -> FieldID {
        guard count <= FieldNames.longest else { return family(in: bytes, at: start, count: count) }
        let key = FieldKey(bytes, start, count)
        var slot = key.slot
        while slots[slot].key.count != 0 {
            if slots[slot].key == key { return slots[slot].id }
            slot = (slot &+ 1) & 255
        }
        return family(in: bytes, at: start, count: count)
    }

    /// The family of a name that the table does not hold.
    @inline(never)
    private func family(in bytes: Span<UInt8>, at start: Int, count: Int) -> FieldID {
        if bytes.hasUnderscore(from: start, to: start &+ count) { return .underscored }
        let word = FieldKey.lower(bytes.word(at: start, count: count))
        switch UInt8(truncatingIfNeeded: word) {
        case 0x6D where word & 0xFFFF_FFFF == 0x2D70_636D: return .mcpFamily  // mcp-
        case 0x70 where word & 0xFFFF_FFFF_FFFF == 0x2D79_786F_7270: return .proxyFamily  // proxy-
        case 0x78 where word & 0xFFFF_FFFF_FFFF == 0x2D6F_626F_2D78: return .sidecarFamily  // x-obo-
        case 0x78 where begins(bytes, start, count, "x-forwarded-"): return .forwardedFamily
        case 0x61 where begins(bytes, start, count, "access-control-"): return .accessControlFamily
        default: return .other
        }
    }

    private func begins(_ bytes: Span<UInt8>, _ start: Int, _ count: Int, _ prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        return count >= length && bytes.equals(start..<start &+ length, lowercase: prefix)
    }
}
