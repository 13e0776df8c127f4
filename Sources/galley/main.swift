import ArgumentParser
import GalleyCommand

Galley.main()
