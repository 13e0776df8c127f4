/// A number that charts can show: any of Swift's integers and floating-point numbers.
public protocol ChartNumber {
    var chartNumber: Double { get }
    /// The number in decimal digits, where ``chartNumber`` is only next to it or has more digits than the number was given
    /// with; `nil` where its digits are those of ``chartNumber``.
    var chartDigits: String? { get }
}

extension ChartNumber {
    public var chartDigits: String? { nil }
}

extension ChartNumber where Self: BinaryInteger {
    public var chartNumber: Double { Double(self) }
    public var chartDigits: String? { Self(exactly: Double(self)) == self && Double(magnitude) < 0x1p53 ? nil : String(self) }
}

extension ChartNumber where Self: BinaryFloatingPoint {
    public var chartNumber: Double { Double(self) }
    public var chartDigits: String? {
        if Self.significandBitCount >= Double.significandBitCount || !isFinite { return nil }
        let own = "\(self)"
        return own == "\(Double(self))" ? nil : own
    }
}

extension Int: ChartNumber {}
extension Int8: ChartNumber {}
extension Int16: ChartNumber {}
extension Int32: ChartNumber {}
extension Int64: ChartNumber {}
extension UInt: ChartNumber {}
extension UInt8: ChartNumber {}
extension UInt16: ChartNumber {}
extension UInt32: ChartNumber {}
extension UInt64: ChartNumber {}
extension Float: ChartNumber {}
extension Double: ChartNumber {}
