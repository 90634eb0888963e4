/// The word of `words` that `text` was most likely meant to be: at most two slips away and less than half of it.
func suggestion(for text: String, among words: [String]) -> String? {
    let near = words.map { (word: $0, distance: editDistance(text.lowercased(), $0.lowercased())) }
        .filter { $0.distance <= 2 && $0.distance * 2 < max($0.word.count, 2) }
    return near.min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
}

/// Insertions, deletions, replacements and swaps of neighbours between `a` and `b`; 64 for texts too long to matter.
func editDistance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a.utf8), Array(b.utf8))
    guard a.count <= 64, b.count <= 64 else { return 64 }
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
        var row = [i + 1]
        for j in 0..<b.count {
            var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[a.count][b.count]
}
