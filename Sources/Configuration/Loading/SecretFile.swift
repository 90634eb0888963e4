package import Bytes

/// Files that hold a secret, read again while the proxy runs.
package enum SecretFile {
    /// The secret in a file: all of it, without one final line break, which editors and `echo` add.
    /// - Throws: `FileFault`, `.empty` when nothing is in it.
    package static func read(_ path: String, by readFile: FileReader = SystemFile.readAgain) throws(FileFault) -> Secret
    {
        let bytes = withoutLineBreak(try readFile(path))
        guard hasContent(bytes) else { throw .empty }
        return Secret(copying: bytes.span)
    }

    /// Whether there is more than line breaks and blanks.
    static func hasContent(_ bytes: ArraySlice<UInt8>) -> Bool {
        !bytes.allSatisfy { $0 == 0x20 || 0x09...0x0D ~= $0 }
    }

    static func withoutLineBreak(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        guard bytes.last == 0x0A else { return bytes[...] }
        let line = bytes.dropLast()
        return line.last == 0x0D ? line.dropLast() : line
    }
}
