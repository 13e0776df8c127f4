/// Reads one section of an object file (ELF, 64 bit, little-endian: System V ABI, chapter 4).
enum ELFSection {
    /// The bytes of the section; empty where there is none or the file is no such object.
    static func contents(named wanted: String, in file: [UInt8]) -> ArraySlice<UInt8> {
        func number(_ offset: Int, _ size: Int) -> Int? {
            guard offset >= 0, offset <= file.count - size else { return nil }
            var value = 0
            for index in 0..<size { value |= Int(file[offset + index]) << (8 * index) }
            return value >= 0 ? value : nil
        }
        guard file.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]),
            let table = number(0x28, 8), let entrySize = number(0x3A, 2), let count = number(0x3C, 2), let names = number(0x3E, 2),
            entrySize >= 64
        else { return [] }
        func header(_ index: Int) -> (name: Int, offset: Int, size: Int)? {
            let (start, overflow) = table.addingReportingOverflow(index * entrySize)
            guard !overflow, let name = number(start, 4), let offset = number(start + 0x18, 8), let size = number(start + 0x20, 8),
                offset <= file.count, size <= file.count - offset
            else { return nil }
            return (name, offset, size)
        }
        guard let strings = header(names) else { return [] }
        for index in 0..<count {
            guard let section = header(index), section.name <= strings.size else { continue }
            let name = file[(strings.offset + section.name)..<(strings.offset + strings.size)].prefix { $0 != 0 }
            if name.elementsEqual(wanted.utf8) { return file[section.offset..<(section.offset + section.size)] }
        }
        return []
    }
}
