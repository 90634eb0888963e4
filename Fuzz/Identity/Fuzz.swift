import IdentityLaws

/// libFuzzer's entry: any input that breaks a law of the readers of tokens, key sets and discovery documents ends the
/// process, so that it is kept.
///
///     OBO_FUZZ=1 swift build -c release --product FuzzIdentity --build-path .build-fuzz
///     .build-fuzz/release/FuzzIdentity -max_len=4096 <new inputs> Tests/Corpora/identity
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    // libFuzzer lends the bytes for this call.
    let input = unsafe UnsafeBufferPointer(start: start, count: start == nil ? 0 : count)
    if let broken = IdentityLaws.firstBroken(by: unsafe input.span) { fatalError("\(broken)") }
    return 0
}

/// SwiftPM gives an executable's `main` this name and points the linker to it, where libFuzzer's own would be.
@c(FuzzIdentity_main)
public func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var count = count
    var arguments = unsafe arguments
    return unsafe runFuzzer(&count, &arguments, fuzz)
}

/// libFuzzer is linked without a header to import.
@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt
