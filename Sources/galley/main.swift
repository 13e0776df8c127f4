import ArgumentParser
import GalleyCommand

await Galley.main()
