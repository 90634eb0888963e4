/// The readable account of a demonstration: what was done, and whether each claim about it turned out true.
package struct Account {
    /// How many claims were not true.
    package private(set) var failures = 0
    private let say: (String) -> Void

    /// - Parameter say: takes one line.
    package init(say: @escaping (String) -> Void) { self.say = say }

    /// Begins a part.
    func begin(_ title: String) { say("\n\(title)") }

    /// Tells what happened.
    func tell(_ text: String) { say("    \(text)") }

    /// Tells a claim, and whether it is true.
    mutating func claim(_ text: String, _ isTrue: Bool) {
        say("  \(isTrue ? "✓" : "✗") \(text)")
        if !isTrue { failures += 1 }
    }
}
