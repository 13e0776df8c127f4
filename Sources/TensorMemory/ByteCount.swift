/// A number of bytes as people read it, in decimal units: `512 bytes`, `2.21 GB`.
public func formatted(byteCount: Int) -> String {
    let magnitude = Double(byteCount.magnitude)
    guard magnitude >= 1000 else { return "\(byteCount) bytes" }
    let sign = byteCount < 0 ? "-" : ""
    let units = ["kB", "MB", "GB", "TB", "PB", "EB"]
    var value = magnitude / 1000
    var unit = 0
    // 999.995 would print as 1000.00 of the smaller unit.
    while value >= 999.995, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    let hundredths = Int((value * 100).rounded())
    let fraction = hundredths % 100
    return "\(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) \(units[unit])"
}
