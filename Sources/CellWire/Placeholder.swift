// CellWire
