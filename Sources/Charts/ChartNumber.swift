/// A number that charts can show: any of Swift's integers and floating-point numbers.
public protocol ChartNumber {
    var chartNumber: Double { get }
}

extension ChartNumber where Self: BinaryInteger {
    public var chartNumber: Double { Double(self) }
}

extension ChartNumber where Self: BinaryFloatingPoint {
    public var chartNumber: Double { Double(self) }
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
