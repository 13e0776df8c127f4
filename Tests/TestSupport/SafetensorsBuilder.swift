/// Makes the bytes of safetensors files, right ones and wrong ones: nothing is checked.
public enum SafetensorsBuilder {
    /// A directory as it is given, its length before it.
    public static func file(_ directory: String, data: [UInt8] = []) -> [UInt8] { file(Array(directory.utf8), data: data) }

    public static func file(_ directory: [UInt8], data: [UInt8] = []) -> [UInt8] {
        GGUFBuilder.integer(UInt64(directory.count)) + directory + data
    }

    /// The directory's text for one tensor.
    public static func entry(_ name: String, _ type: String = "F32", shape: [Int], _ start: Int, _ end: Int) -> String {
        #""\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":[\#(start),\#(end)]}"#
    }

    /// A small file with metadata and three tensors, one of them empty.
    public static var sample: [UInt8] {
        let entries = [
            #""__metadata__":{"format":"pt"}"#, entry("weight", shape: [2, 3], 0, 24), entry("bias", "BF16", shape: [3], 24, 30),
            entry("none", "F16", shape: [0, 4], 30, 30),
        ]
        return file("{" + entries.joined(separator: ",") + "}  ", data: [UInt8](repeating: 1, count: 30))
    }
}
