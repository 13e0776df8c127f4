#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Whether a file or folder can be read, links followed.
func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }
