extension ToolRules {
    /// Judges what a client posts. One call that is not permitted refuses its whole batch.
    ///
    /// - Returns: whether it asks for the list of tools, so that the answer has to be filtered.
    /// - Throws: `toolNotAllowed`, or `badRequest` for a message that could be read in another way than here.
    package func judge(_ body: Span<UInt8>, _ head: PostedHead) throws(Refusal) -> Bool {
        guard head.promisesJSON, let (messages, isBatch) = PostedMessage.read(body),
            head.agrees(with: messages, isBatch: isBatch)
        else { throw .badRequest }
        guard messages.allSatisfy({ $0.tool.map(permits) ?? true }) else { throw .toolNotAllowed }
        return messages.contains(where: \.isList)
    }
}
