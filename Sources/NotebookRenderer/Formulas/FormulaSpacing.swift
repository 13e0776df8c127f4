/// The space that TeX puts between two things by what they are (The TeXbook, chapter 18), in mu.
enum FormulaSpacing {
    /// - Parameter isTight: in scripts, where most spaces go.
    static func space(_ left: FormulaSymbol.Class, _ right: FormulaSymbol.Class, isTight: Bool) -> Int {
        typealias Class = FormulaSymbol.Class
        if isTight {
            switch (left.atom, right.atom) {
            case (.ordinary, .large), (.large, .ordinary), (.large, .large), (.closing, .large), (.inner, .large): return thin
            default: return 0
            }
        }
        switch (left.atom, right.atom) {
        case (.ordinary, .large), (.large, .ordinary), (.large, .large), (.closing, .large), (.inner, .large): return thin
        case (.ordinary, .inner), (.large, .inner), (.closing, .inner), (.inner, .inner), (.inner, .ordinary), (.inner, .opening): return thin
        case (.inner, .punctuation): return thin
        case (.punctuation, .binary): return 0
        case (.punctuation, _): return thin
        case (.ordinary, .binary), (.closing, .binary), (.inner, .binary): return medium
        case (.binary, .ordinary), (.binary, .large), (.binary, .opening), (.binary, .inner): return medium
        case (.ordinary, .relation), (.large, .relation), (.closing, .relation), (.inner, .relation): return thick
        case (.relation, .ordinary), (.relation, .large), (.relation, .opening), (.relation, .inner): return thick
        default: return 0
        }
    }

    static let thin = 3
    static let medium = 4
    static let thick = 5

    /// Whether a binary operator that follows on this joins nothing, and is a sign.
    static func endsBinary(before left: FormulaSymbol.Class?) -> Bool {
        switch left?.atom {
        case nil, .binary?, .opening?, .relation?, .large?, .punctuation?: true
        default: false
        }
    }

    /// Whether a binary operator that stands before this joins nothing.
    static func endsBinary(after right: FormulaSymbol.Class?) -> Bool {
        switch right?.atom {
        case nil, .relation?, .closing?, .punctuation?: true
        default: false
        }
    }
}

extension FormulaSymbol.Class {
    /// Letters are ordinary.
    var atom: FormulaSymbol.Class { self == .variable ? .ordinary : self }
}
