extension JSON {
    /// The members of an object in the order of the text, each name once.
    package struct Object: Sendable, Equatable, ExpressibleByDictionaryLiteral {
        /// One name and its value.
        package struct Member: Sendable, Equatable {
            package var name: String
            package var value: JSON

            package init(_ name: String, _ value: JSON) {
                self.name = name
                self.value = value
            }
        }

        /// All members in order.
        package private(set) var members: [Member] = []

        /// No members.
        package init() {}

        /// Later values replace earlier ones of the same name.
        package init(dictionaryLiteral elements: (String, JSON)...) {
            for (name, value) in elements { self[name] = value }
        }

        /// For the reader, which has made sure that each name occurs once.
        init(unique members: [Member]) { self.members = members }

        /// The number of members.
        package var count: Int { members.count }

        /// The value of that name; setting keeps the place of an existing one, nil removes it.
        package subscript(name: String) -> JSON? {
            get { members.first { $0.name.sameScalars(as: name) }?.value }
            set {
                let place = members.firstIndex { $0.name.sameScalars(as: name) }
                switch (place, newValue) {
                case (let place?, let value?): members[place].value = value
                case (let place?, nil): members.remove(at: place)
                case (nil, let value?): members.append(Member(name, value))
                case (nil, nil): break
                }
            }
        }
    }
}

extension String {
    /// Whether the UTF-8 is the same. `==` holds canonically equivalent texts to be equal, which would let
    /// one spelling of a member's name stand for another.
    func sameScalars(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
