import ArgumentParser
import GalleyCommand

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@main
struct Entry {
    // On the main actor the first lines run on the first thread, before the runtime asks for another.
    @MainActor
    static func main() async {
        if let obstacle = Galley.obstacle {
            _ = obstacle.withCString { write(2, $0, strlen($0)) }
            _exit(2)
        }
        await Galley.main()
    }
}
