internal import ArgumentParser
internal import Configuration

/// Shows what would be in effect.
struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validate the configuration and print it, secrets redacted, each value with its origin.")

    @OptionGroup var options: ConfigurationOptions

    /// For the tests that keep documentation and schema together.
    @Flag(name: .customLong("list-keys"), help: .hidden)
    var listsKeys = false

    func run() throws {
        if listsKeys { return listKeys() }
        for value in try options.load().effective {
            print("\(value.key): \(value.value)  # \(value.origin)")
        }
    }

    /// `key<TAB>variable<TAB>default`, a hyphen for a key without a variable.
    private func listKeys() {
        for key in ListedKey.all {
            print(key.key, key.variable ?? "-", key.standard, separator: "\t")
        }
    }
}
