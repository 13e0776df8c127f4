/// What a cell may change, as far as its source says: names, not yet the variables that they stand for.
public struct CellEffects: Sendable, Hashable {
    /// Names whose values something may change.
    struct Changes: Sendable, Hashable {
        /// Assigned, passed inout, called upon, or handed to a function.
        var names: Set<String> = []
        /// Of these, the ones that a call may change, or put into one another.
        var handed: Set<String> = []
        /// Of these, the ones that are changed as they stand, and not by way of what they hold.
        var inPlace: Set<String> = []
        /// Changed where they are variables: called as functions, or in reach of a local name that something is done to.
        var values: Set<String> = []
        /// Of these, the ones that are called.
        var called: Set<String> = []
        /// Changed once the notebook declares something of the key's name: methods that change nothing where they are the
        /// standard library's, properties, operators, `description`.
        var conditional: [String: Set<String>] = [:]
        /// What operators are used on, by their names: changed where the operator takes something inout.
        var operands: [String: Set<String>] = [:]
        /// Variables that closures of it hold, whatever their values are.
        var captured: Set<String> = []
        /// Static members that are assigned, by their types: of a library's type that is state of the process.
        var assignedTypes: Set<String> = []
    }

    /// When the cell runs.
    var changes = Changes()
    /// When another cell calls its functions, methods and closures.
    var deferred = Changes()
    /// Variables with the names that their values are made of, where they may hold the very same object.
    var aliases: [String: Set<String>] = [:]
    /// Of these, the ones that closures hold.
    var capturedAliases: [String: Set<String>] = [:]
    /// By what the cell may run code of other cells: names that it calls or reads, empty for a call of something unknown.
    var triggers: Set<String> = []
    /// What it declares that does something when it is named: functions, properties with a body, operators.
    var declared: Set<String> = []
    /// Operators that it declares with a parameter that is inout.
    var changingOperators: Set<String> = []
    /// The names in the bodies of its functions and types.
    var bodyUses: [String: Set<String>] = [:]
    /// Functions whose declared result is a number, a text, or made of these.
    var plainFunctions: Set<String> = []
    /// Variables whose values are numbers, texts, or made of these: nothing else can hold what they hold.
    var plainVariables: Set<String> = []
    /// Variables that point to what a file holds: to change that is to write the file.
    var mappedVariables: Set<String> = []
    /// Types with storage of their own, in declarations and extensions.
    var staticTypes: Set<String> = []
    /// What it does to its process by the members and labels that it names.
    var process = ProcessEffects()
    /// When another cell calls it.
    var deferredProcess = ProcessEffects()
    /// Names of the system's functions and types in it, which count unless the notebook defines them.
    var processNames: Set<String> = []
    var deferredProcessNames: Set<String> = []
    /// Objects that a type has one of, such as `URLCache.shared`, which count unless the type is the notebook's.
    var singles: Set<String> = []
    var deferredSingles: Set<String> = []

    /// Adds what a command for the shell does: it runs when the cell does.
    mutating func formCommand(_ command: CellEffects) {
        changes.names.formUnion(command.changes.names)
        changes.handed.formUnion(command.changes.handed)
        changes.inPlace.formUnion(command.changes.inPlace)
        changes.values.formUnion(command.changes.values)
        changes.called.formUnion(command.changes.called)
        changes.captured.formUnion(command.changes.captured)
        changes.conditional.merge(command.changes.conditional) { $0.union($1) }
        changes.operands.merge(command.changes.operands) { $0.union($1) }
        triggers.formUnion(command.triggers)
        process.formUnion(command.process)
        processNames.formUnion(command.processNames)
        singles.formUnion(command.singles)
    }
}
