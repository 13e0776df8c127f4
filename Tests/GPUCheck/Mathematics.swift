#if canImport(Glibc)
    @preconcurrency import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }
func cosine(_ x: Double) -> Double { cos(x) }
func sine(_ x: Double) -> Double { sin(x) }
func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
func remove(_ path: String) { unlink(path) }
func flush() { fflush(stdout) }
func end(_ status: Int32) -> Never { exit(status) }

func seconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Seconds since 1970.
func wallClock() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Writes a file in pieces; false where that fails.
func write(_ path: String, _ pieces: (_ append: ([UInt8]) -> Bool) -> Bool) -> Bool {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard file >= 0 else { return false }
    defer { close(file) }
    return pieces { bytes in
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + done }, bytes.count - done) }
            if count <= 0 { return false }
            done += count
        }
        return true
    }
}

func padded(_ text: String, _ width: Int, left: Bool = false) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return left ? text + space : space + text
}

func fixed(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return "\(value)" }
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = (value.magnitude * scale).rounded()
    guard rounded < 1e15 else { return "\(value)" }
    let whole = Int(rounded) / Int(scale)
    let rest = Int(rounded) % Int(scale)
    let text = digits == 0 ? "\(whole)" : "\(whole)." + padded("\(rest)", digits).map { $0 == " " ? "0" : String($0) }.joined()
    return (value < 0 ? "-" : "") + text
}

/// Lines leave the process as they are printed, also into a pipe.
func setLineBuffered() { setvbuf(stdout, nil, _IOLBF, 0) }
