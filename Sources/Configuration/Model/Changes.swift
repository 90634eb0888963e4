extension ProxyConfiguration {
    /// The keys that are not what they were in `other`, sorted; also those whose file holds something else.
    package func changes(since other: ProxyConfiguration) -> [String] {
        let keys = Set(fingerprints.keys).union(other.fingerprints.keys)
        return keys.filter { fingerprints[$0] != other.fingerprints[$0] }.sorted()
    }

    /// Whether all of these keys are what they were in `other`.
    package func hasSame(_ keys: [String], as other: ProxyConfiguration) -> Bool {
        keys.allSatisfy { fingerprints[$0] == other.fingerprints[$0] }
    }

    /// Whether a provider is the one it was, so that its connections, its breaker and its credential's source can stay.
    /// What is in a credential's files does not count: they are read again for each exchange.
    package func hasSameProvider(_ name: String, as other: ProxyConfiguration) -> Bool {
        let prefix = name == ProviderConfiguration.defaultName ? "exchange." : "providers.\(name)."
        let keys = Set(fingerprints.keys).union(other.fingerprints.keys).filter { $0.hasPrefix(prefix) }
        return !keys.isEmpty
            && keys.allSatisfy { key in
                guard let mine = fingerprints[key], let theirs = other.fingerprints[key] else { return false }
                let isReread = CredentialRules.reread.contains(String(key.dropFirst(prefix.count)))
                return isReread ? mine.written == theirs.written : mine == theirs
            }
    }

    /// Whether user tokens are judged as they were.
    package func hasSameIdentity(as other: ProxyConfiguration) -> Bool {
        let keys = Set(fingerprints.keys).union(other.fingerprints.keys).filter { $0.hasPrefix("identity.") }
        // The audience may follow from the client id.
        return identity.audiences == other.identity.audiences && !keys.isEmpty
            && keys.allSatisfy { fingerprints[$0] == other.fingerprints[$0] }
    }
}
