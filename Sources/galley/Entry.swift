import ArgumentParser
import GalleyCommand

@main
struct Entry {
    static func main() async {
        await Galley.main()
    }
}
