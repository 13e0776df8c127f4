/// Which cells may change which variables' values, where two variables may hold one object.
///
/// Names alone do not say what is an object, so whatever is handed on counts as one: after `let b = a`, `list.append(a)` or
/// `f(a, list)` a change through any of these names is a change of all.
struct SharedValues {
    /// A variable: the cell that defines it, and its name.
    struct Place: Hashable {
        var cell: Int
        var name: String
    }

    struct Cell {
        var mutations: Set<Place>
        /// Of these, the ones that a call may change or put into one another.
        var handed: Set<Place>
        /// Variables that may hold one object from this cell on.
        var aliases: [Set<Place>]
    }

    /// The groups of variables that may hold one object, by number; a variable without one is alone.
    private var groupOf: [Place: Int] = [:]
    private var members: [Int: [Place]] = [:]
    private var nextGroup = 0
    /// Per variable, the cells that may change its value; of a group they are kept with the group.
    private var mutators: [Place: CellSet] = [:]
    private var groupMutators: [Int: CellSet] = [:]
    /// The variables of each cell that anything is known of.
    private var known: [Int: [Place]] = [:]

    /// The cells that may have changed what a cell sees that imports `imported`.
    func changers(of imported: CellSet) -> CellSet {
        var found = CellSet()
        for other in imported.places {
            for place in known[other] ?? [] {
                if let cells = mutators[place] { found.formUnion(cells) }
                if let group = groupOf[place], let cells = groupMutators[group] { found.formUnion(cells) }
            }
        }
        return found
    }

    /// Notes what a cell does.
    ///
    /// - Returns: The earlier cells whose variables it may change, in order.
    mutating func take(_ cell: Cell, of index: Int) -> [Int] {
        for alias in cell.aliases { unite(alias) }
        unite(cell.handed)
        var changed: Set<Int> = []
        for place in cell.mutations {
            if let group = groupOf[place] {
                groupMutators[group, default: CellSet()].insert(index)
                for member in members[group] ?? [] { changed.insert(member.cell) }
            } else {
                note(place)
                if place.cell != index { mutators[place, default: CellSet()].insert(index) }
                changed.insert(place.cell)
            }
        }
        changed.remove(index)
        return changed.sorted()
    }

    private mutating func note(_ place: Place) {
        if mutators[place] == nil, groupOf[place] == nil {
            mutators[place] = CellSet()
            known[place.cell, default: []].append(place)
        }
    }

    private mutating func unite(_ places: Set<Place>) {
        guard places.count > 1 else { return }
        let numbers = Set(places.compactMap { groupOf[$0] })
        let target: Int
        if let largest = numbers.max(by: { (members[$0]?.count ?? 0, $1) < (members[$1]?.count ?? 0, $0) }) {
            target = largest
        } else {
            target = nextGroup
            nextGroup += 1
        }
        for number in numbers where number != target {
            for place in members.removeValue(forKey: number) ?? [] {
                groupOf[place] = target
                members[target, default: []].append(place)
            }
            if let cells = groupMutators.removeValue(forKey: number) { groupMutators[target, default: CellSet()].formUnion(cells) }
        }
        for place in places where groupOf[place] == nil {
            note(place)
            groupOf[place] = target
            members[target, default: []].append(place)
        }
    }
}
