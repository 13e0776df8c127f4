#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The names in a folder; `nil` where it cannot be read.
func fileNames(in folder: String) -> [String]? {
    guard let directory = opendir(folder) else { return nil }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) { names.append(withUnsafePointer(to: &entry.pointee.d_name.0) { String(cString: $0) }) }
    return names
}
