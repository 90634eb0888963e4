import Bytes
import HTTP1

/// What decoding a body gave: its payload, and how it ended.
struct BodyOutcome: Equatable {
    enum End: Equatable {
        case unfinished
        case complete(consumed: Int)
        case fault(BodyFault)
    }
    var payload: [UInt8] = []
    var end = End.unfinished
}

/// The laws of bodies.
struct BodyLaws {
    let splits: Int

    func firstBroken(by bytes: [UInt8]) -> StaticString? {
        for framing in [BodyFraming.none, .length(3), .length(1000), .chunked, .untilClose] {
            let whole = decode(bytes, framing, cutAt: [])
            for cut in HTTP1Laws.cuts(bytes.count, splits) where decode(bytes, framing, cutAt: [cut]) != whole {
                return "a split body gives another answer"
            }
            if decode(bytes, framing, cutAt: Array(0..<bytes.count)) != whole {
                return "a body byte by byte gives another answer"
            }
        }
        return roundTrip(bytes)
    }

    /// Whatever bytes are sent in chunks come out again.
    private func roundTrip(_ bytes: [UInt8]) -> StaticString? {
        let out = ByteBuffer()
        let half = bytes.count / 2
        for range in [0..<half, half..<bytes.count] {
            out.appendChunkHead(size: range.count)
            out.append(bytes.span.extracting(range))
            out.appendChunkEnd(size: range.count)
        }
        out.appendLastChunk()
        let expected = BodyOutcome(payload: bytes, end: .complete(consumed: out.count))
        return decode(out.bytes, .chunked, cutAt: []) == expected ? nil : "a chunked body does not come back"
    }

    /// Decodes with all that has arrived at each cut, as a connection does. A fault leaves no payload, as how
    /// much of it came out before depends on the cuts.
    private func decode(_ bytes: [UInt8], _ framing: BodyFraming, cutAt cuts: [Int]) -> BodyOutcome {
        var decoder = BodyDecoder(framing)
        var outcome = BodyOutcome()
        var offset = 0
        do throws(BodyFault) {
            for end in cuts + [bytes.count] {
                try decoder.drain(bytes, &offset, end, into: &outcome)
                if decoder.isComplete { break }
            }
        } catch { return BodyOutcome(end: .fault(error)) }
        return outcome
    }
}

extension BodyDecoder {
    /// Decodes `bytes[offset..<end]` until nothing moves.
    fileprivate mutating func drain(
        _ bytes: [UInt8], _ offset: inout Int, _ end: Int, into outcome: inout BodyOutcome
    ) throws(BodyFault) {
        while true {
            let part = try decode(bytes.span.extracting(offset..<end))
            outcome.payload += bytes[offset..<end].dropFirst(part.payload.lowerBound).prefix(part.payload.count)
            offset += part.consumed
            if part.isComplete { outcome.end = .complete(consumed: offset) }
            if part.isComplete || part.consumed == 0 { return }
        }
    }
}
