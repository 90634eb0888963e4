import Testing

@testable import OnBehalfOf

@Suite struct RecencyListTests {
    /// The list against the obvious implementation.
    @Test(arguments: 1...10) func behavesLikeAnArray(_ seed: UInt64) {
        var random = Seeded(state: seed)
        var list = RecencyList<UInt64, Int>(capacity: 8)
        var model: [(key: UInt64, value: Int)] = []
        for value in 0..<3000 {
            let name = UInt64.random(in: 0..<14, using: &random)
            let found = model.firstIndex { $0.key == name }
            #expect(list.place(of: name).flatMap { list[$0] } == found.map { model[$0].value })
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                list.insert(value, for: name)
                if let found { model.remove(at: found) }
                model.append((name, value))
                if model.count > 8 { model.removeFirst() }
            case 1:
                guard let place = list.place(of: name), let found else { continue }
                list.touch(place)
                model.append(model.remove(at: found))
            case 2:
                guard let place = list.place(of: name), let found else { continue }
                list.remove(place)
                model.remove(at: found)
            default:
                guard value % 50 == 0 else { continue }
                let removed = list.removeAll { _, value in value % 3 == 0 }
                let before = model.count
                model.removeAll { $0.value % 3 == 0 }
                #expect(removed == before - model.count)
            }
            #expect(list.count == model.count)
        }
    }
}
