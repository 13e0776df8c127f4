private import Synchronization

/// The numbers of variable names, the same in all templates of the process; a name is entered when a template that
/// uses it is parsed.
enum SymbolTable {
    private struct Names {
        var ids: [String: Int32] = [:]
        var names: [String] = []
    }

    private static let names = Mutex(Names())

    static func id(of name: String) -> Int32 {
        names.withLock { table in
            if let id = table.ids[name] { return id }
            let id = Int32(truncatingIfNeeded: table.names.count)
            table.ids[name] = id
            table.names.append(name)
            return id
        }
    }

    static func name(of symbol: Symbol) -> String {
        names.withLock { table in table.names.indices.contains(Int(symbol.id)) ? table.names[Int(symbol.id)] : "" }
    }
}
