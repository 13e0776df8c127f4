// GalleyCommand
