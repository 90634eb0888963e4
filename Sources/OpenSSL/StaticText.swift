extension StaticString {
    /// The text as C has it, ending in a zero and alive as long as the program. The library's parameter lists keep
    /// pointers to their names, and a Swift string lends its characters for one call only.
    var characters: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
