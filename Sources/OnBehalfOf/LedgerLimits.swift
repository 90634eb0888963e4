/// The ledger's bounds; times are milliseconds.
package struct LedgerLimits: Sendable {
    /// Tokens kept.
    package var maxEntries: Int
    /// How long before its end a token is no longer handed out.
    package var earlyExpiry: UInt64
    /// How long a rejection is remembered.
    package var negativeTTL: UInt64
    /// Exchanges under way at once.
    package var flights: Int

    /// Entries of each table beside the tokens.
    var sideTable: Int { max(maxEntries / 4, 16) }

    package init(
        maxEntries: Int = 10_000, earlyExpiry: UInt64 = 30_000, negativeTTL: UInt64 = 5000, flights: Int = 10_000
    ) {
        self.maxEntries = maxEntries
        self.earlyExpiry = earlyExpiry
        self.negativeTTL = negativeTTL
        self.flights = flights
    }
}
