import GalleyCommand

await Galley.main()
