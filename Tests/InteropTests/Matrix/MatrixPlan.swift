/// Which combinations of names are tried with a server.
struct MatrixPlan {
    /// The names that both sides have.
    let names: [MatrixSlot: [String]]

    /// Every combination.
    var full: [MatrixCombination] {
        var all: [[MatrixSlot: String]] = [[:]]
        for slot in MatrixSlot.allCases {
            all = all.flatMap { some in (names[slot] ?? []).map { some.merging([slot: $0]) { $1 } } }
        }
        var seen: Set<MatrixCombination> = []
        return all.map(MatrixCombination.init).filter { seen.insert($0).inserted }
    }

    /// So many that every two names of different slots meet in at least one; always the same ones.
    var pairwise: [MatrixCombination] {
        let pairs = pairs
        var open = Set(pairs)
        var plan: [MatrixCombination] = []
        for pair in pairs where open.contains(pair) {
            let combination = best(with: pair, open)
            open.subtract(Self.pairs(in: combination))
            plan.append(combination)
        }
        return plan
    }

    struct Pair: Hashable {
        let one: MatrixName
        let other: MatrixName
    }

    /// Every pair that can meet: an authenticated cipher meets no MAC.
    var pairs: [Pair] {
        var pairs: [Pair] = []
        for (index, slot) in MatrixSlot.allCases.enumerated() {
            for other in MatrixSlot.allCases.dropFirst(index + 1) {
                for name in names[slot] ?? [] {
                    for otherName in names[other] ?? [] {
                        guard MatrixCombination([slot: name, other: otherName]).names.count == 2 else { continue }
                        let one = MatrixName(slot: slot, name: name)
                        pairs.append(Pair(one: one, other: MatrixName(slot: other, name: otherName)))
                    }
                }
            }
        }
        return pairs
    }

    static func pairs(in combination: MatrixCombination) -> [Pair] {
        let present = MatrixSlot.allCases.compactMap { slot in
            combination.names[slot].map { MatrixName(slot: slot, name: $0) }
        }
        return present.indices.flatMap { index in
            present.dropFirst(index + 1).map { Pair(one: present[index], other: $0) }
        }
    }

    /// Fills the other slots one after another with the name that meets most new partners.
    private func best(with pair: Pair, _ open: Set<Pair>) -> MatrixCombination {
        var chosen = [pair.one.slot: pair.one.name, pair.other.slot: pair.other.name]
        for slot in MatrixSlot.allCases where chosen[slot] == nil {
            var most = -1
            var winner: String?
            for name in names[slot] ?? [] {
                let count = Self.pairs(in: MatrixCombination(chosen.merging([slot: name]) { $1 }))
                    .count { open.contains($0) }
                if count > most { (most, winner) = (count, name) }
            }
            chosen[slot] = winner
        }
        return MatrixCombination(chosen)
    }
}
