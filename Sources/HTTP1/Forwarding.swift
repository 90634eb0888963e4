package import Bytes

extension RequestHead {
    /// Appends the client's field lines that go upstream, verbatim and in order, by `FieldPolicy.table`.
    ///
    /// The caller adds what the table replaces (`Host`, `Authorization`, framing, `Mcp-Session-Id`) and `Via`.
    /// - Parameters:
    ///   - bytes: those that the head was parsed from.
    ///   - replaced: names of fields that the operator sets for this upstream; the client's are dropped.
    package func appendForwardable(
        from bytes: Span<UInt8>, to out: ByteBuffer, replacing replaced: [FieldName] = []
    ) {
        let held = FieldPolicy.heldFromRequests.union(options.named)
        section.append(from: bytes, end: byteCount, holding: held, options, replaced, to: out)
    }
}

extension ResponseHead {
    /// Appends the upstream's field lines that go to the client, verbatim and in order, by `FieldPolicy.table`.
    ///
    /// The caller adds what the table replaces (framing, `Mcp-Session-Id`, `Access-Control-…`).
    /// - Parameter bytes: those that the head was parsed from.
    package func appendForwardable(from bytes: Span<UInt8>, to out: ByteBuffer) {
        var held = FieldPolicy.heldFromResponses.union(options.named)
        if isRedirect { held.insert(.location) }
        section.append(from: bytes, end: byteCount, holding: held, options, [], to: out)
    }
}

extension FieldSection {
    /// Copies the lines that stay, neighbours in one go. With bytes that are not the head's, copies nothing.
    fileprivate func append(
        from bytes: Span<UInt8>, end: Int, holding held: FieldSet, _ options: ConnectionOptions,
        _ replaced: [FieldName], to out: ByteBuffer
    ) {
        guard end >= 2, end <= bytes.count else { return }
        let comparesNames = options.namesOthers || !replaced.isEmpty
        var runStart = -1
        let lines = lines.span
        for i in lines.indices {
            let line = lines[i]
            var stays = !held.contains(line.id)
            if stays, comparesNames { stays = !isNamed(line, bytes, replaced, options) }
            if stays {
                if runStart < 0 { runStart = line.name.lowerBound }
            } else if runStart >= 0 {
                out.append(bytes.extracting(runStart..<line.name.lowerBound))
                runStart = -1
            }
        }
        if runStart >= 0 { out.append(bytes.extracting(runStart..<end &- 2)) }
    }

    private func isNamed(
        _ line: FieldLine, _ bytes: Span<UInt8>, _ replaced: [FieldName], _ options: ConnectionOptions
    ) -> Bool {
        if replaced.contains(where: { $0.matches(bytes, line.name.range) }) { return true }
        guard options.namesOthers, line.id.isFamily else { return false }
        for connection in lines where connection.id == .connection {
            var list = ElementList(connection.value)
            while let option = list.element(bytes) {
                if bytes.equals(option, line.name.range) { return true }
            }
        }
        return false
    }
}
